import type { Logger } from "pino";
import type { AgentUseCases } from "../agent/agent-use-cases.ts";
import type { MonitorSettings } from "../agent/monitor/monitor-settings.ts";
import type { ProcessTable } from "../agent/monitor/process-table.ts";
import type { Registry } from "../agent/registry/registry.ts";
import type { CommandsPort, FilesPort, LogsPort } from "../agent/rpc/agent-service-deps.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** What the parts of an agent are joined from. */
export interface AgentGround {
  readonly nodeName: string;
  /** Of this agent, as it stands in the labels of its containers. */
  readonly agentId: string;
  readonly registry: Registry;
  readonly runtime: Runtime;
  readonly traffic: { drained(containerId: string, signal: AbortSignal): Promise<void> };
  readonly dataDir: string;
  readonly filesRoot: string;
  readonly bindRoots: readonly string[];
  readonly backupsDir: string;
  readonly keepSnapshots: number;
  readonly maxFileBytes: number;
  readonly keepFreeBytes: number;
  readonly monitor: MonitorSettings;
  /** Undefined: containers run in another pid namespace than the agent. */
  readonly processes: ProcessTable | undefined;
  /** What is wrong with the certificate; empty where nothing is. */
  readonly certificateProblems: () => readonly string[];
  readonly startedAt: Date;
  readonly log: Logger;
}

/** An agent without its port. */
export interface AgentParts {
  readonly useCases: AgentUseCases;
  readonly files: FilesPort;
  readonly logs: LogsPort;
  readonly commands: CommandsPort;
  /** The container that calls go to while a component is replaced. */
  serving(service: string, component: string): string | undefined;
  /** Takes up what the last agent has left, then watches. Nothing may be asked of it before. */
  start(): Promise<void>;
  /** Ends what it does by itself, and lets operations finish or be taken up by the next one. */
  stop(): Promise<void>;
}

export type JoinParts = (ground: AgentGround) => AgentParts;
