import type { Clock } from "../../core/clock.ts";
import type { ExecOptions, ExecSession } from "../../runtime/runtime.ts";
import type { AgentUseCases } from "../agent-use-cases.ts";

/** What the agent's contract is served from. */
export interface AgentServiceDeps {
  readonly useCases: AgentUseCases;
  readonly files: FilesPort;
  readonly logs: LogsPort;
  readonly commands: CommandsPort;
  readonly clock: Clock;
  readonly agentVersion: string;
  /** When the certificate that is served with ends. */
  readonly certificateExpiresAt: () => Date | undefined;
  /** Aborted when the agent is about to stop: streams end, calls go on for a moment. */
  readonly ending: AbortSignal;
  /** Of a stream on which nothing else happens. */
  readonly heartbeatMs?: number;
}

export interface FilesPort {
  push(
    head: { readonly service: string; readonly path: string; readonly mode: number; readonly size: number },
    content: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<{ readonly path: string; readonly size: number; readonly sha256: string }>;
  /** `close` is called whatever happens. */
  pull(
    input: { readonly service: string; readonly path: string },
    signal?: AbortSignal,
  ): Promise<{
    readonly mode: number;
    readonly size: number;
    readonly modifiedAt: Date;
    readonly content: AsyncIterable<Uint8Array>;
    close(): Promise<void>;
  }>;
}

export interface LogsQuery {
  readonly service: string;
  readonly component: string;
  readonly follow: boolean;
  /** The last lines; undefined is all. */
  readonly tail?: number;
  readonly since?: Date;
  readonly timestamps: boolean;
  readonly signal: AbortSignal;
}

export interface ComponentOutput {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
  readonly containerId: string;
  /** Bytes before these that the reader was too slow for. */
  readonly droppedBytes: number;
}

export interface LogsPort {
  /** Throws `not_found`/`SERVICE_NOT_FOUND`, `COMPONENT_NOT_FOUND`, `CONTAINER_NOT_FOUND`. */
  follow(query: LogsQuery): AsyncIterable<ComponentOutput>;
}

export interface CommandsPort {
  /** Throws as `LogsPort`. */
  exec(component: { readonly service: string; readonly component: string }, options: ExecOptions): Promise<ExecSession>;
}
