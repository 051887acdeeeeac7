import { createHash } from "node:crypto";
import type { ChildLog } from "../../server-log/child-log.ts";
import type { EraPolicy } from "../era-policy.ts";
import { EraVerdicts } from "../era-verdicts.ts";
import type { PipeLimits } from "../pipe/pipe-limits.ts";
import { PipeUpstream, type Sharing } from "../pipe/pipe-upstream.ts";
import { READ_BUDGET, ReadBudget } from "../read-budget.ts";
import type { Upstream, UpstreamEvents } from "../upstream.ts";
import { openChild } from "./open-child.ts";
import type { StdioCommand } from "./stdio-child.ts";

export interface StdioUpstreamOptions {
  readonly handle: string;
  readonly command: StdioCommand;
  /** One process for all clients, or one for each; shared where nothing is said. */
  readonly sharing?: Sharing | undefined;
  /** The eras in which it is spoken to; `auto` asks it, and is the default. */
  readonly era?: EraPolicy | undefined;
  /** What is known of the eras of commands; of its own where it is not given. */
  readonly verdicts?: EraVerdicts | undefined;
  readonly events: UpstreamEvents;
  readonly signalGroup: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
  readonly onLost: (reason: string) => void;
  /** A process is started again. */
  readonly onRestart?: (() => void) | undefined;
  /** Takes what its processes say on standard error. */
  readonly log: ChildLog;
  readonly limits: StdioLimits;
}

export interface StdioLimits extends PipeLimits {
  /** Longest message a process may send. */
  readonly maxLineBytes: number;
  /** What its processes may say beside answers, all of them together. */
  readonly readBudget: { readonly bytesPerSecond: number; readonly burstBytes: number };
}

export const STDIO_LIMITS: StdioLimits = {
  // A command such as npx may first have to install what it runs.
  initializeTimeoutMs: 60_000,
  probeTimeoutMs: 10_000,
  maxLineBytes: 64 * 1024 * 1024,
  readBudget: READ_BUDGET,
  maxInFlight: 1024,
  restart: { firstMs: 500, maxMs: 30_000 },
  stableAfterMs: 30_000,
  maxPeers: 64,
};

/** Verdicts on the eras of commands, as long as they hold and as many as are kept. */
export const ERA_VERDICT_LIMITS = { ttlMs: 600_000, maxEntries: 1024 } as const;

/** A server that is a process of ours, started anew when it ends: one, shared by all callers, or one for each client. */
export function stdioUpstream(options: StdioUpstreamOptions): Upstream {
  const { handle, command, events, signalGroup, onLost, onRestart, log, limits, sharing = "shared", era = "auto" } = options;
  const { maxLineBytes, readBudget } = limits;
  const budget = new ReadBudget({ ...readBudget, monotonicNow: () => performance.now() });
  return new PipeUpstream({
    handle,
    open: openChild(handle, { command, signalGroup, log, maxLineBytes, budget }),
    sharing,
    era,
    command: fingerprint(command),
    verdicts: options.verdicts ?? new EraVerdicts({ ...ERA_VERDICT_LIMITS, monotonicNow: () => performance.now() }),
    events,
    onLost,
    onRestart: onRestart ?? (() => {}),
    onClosed: () => log.end(),
    limits,
  });
}

/** What a process is started with decides what it speaks; its environment may hold secrets, which are not kept twice. */
function fingerprint({ command, args, env }: StdioCommand): string {
  return createHash("sha256")
    .update(JSON.stringify([command, args, env]))
    .digest("hex");
}
