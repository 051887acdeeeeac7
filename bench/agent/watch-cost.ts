import { setTimeout as wait } from "node:timers/promises";
import { readProcessCost } from "../gateway/machine/process-tree.ts";
import type { AgentProgram } from "./agent-program.ts";

/** What watching so many containers costs while nothing happens; that of podman's service, where it is the agent's own, told apart. */
export interface WatchCost {
  readonly containers: number;
  /** Percent of one core. */
  readonly agentCpu: number;
  readonly engineCpu: number;
  /** Millions of bytes that are resident at the end. */
  readonly agentMegabytes: number;
  readonly engineMegabytes: number;
}

export interface WatchWindow {
  /** How long the agent may take to come to rest. */
  readonly settleMs: number;
  readonly quietMs: number;
  readonly signal: AbortSignal;
}

/** Watches an agent that watches. */
export async function measureWatch({ pid }: AgentProgram, containers: number, window: WatchWindow): Promise<WatchCost> {
  const { settleMs, quietMs, signal } = window;
  await wait(settleMs, undefined, { signal });
  const [before, startedAt] = [readBoth(pid), performance.now()];
  await wait(quietMs, undefined, { signal });
  const [after, tookUs] = [readBoth(pid), (performance.now() - startedAt) * 1000];
  const percent = (of: "agent" | "engine") => (100 * (after[of].cpuUs - before[of].cpuUs)) / tookUs;
  const megabytes = (of: "agent" | "engine") => (after[of].residentKiB * 1024) / 1e6;
  return {
    containers,
    agentCpu: percent("agent"),
    engineCpu: percent("engine"),
    agentMegabytes: megabytes("agent"),
    engineMegabytes: megabytes("engine"),
  };
}

function readBoth(pid: number) {
  const isEngine = ([program = ""]: readonly string[]) => /(^|\/)podman$/.test(program);
  return { agent: readProcessCost(pid, isEngine), engine: readProcessCost(pid, (argv) => !isEngine(argv)) };
}
