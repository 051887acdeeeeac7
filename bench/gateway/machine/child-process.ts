import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { AppError } from "../../../src/core/app-error.ts";
import { isStillRunning, readProcessTree } from "./process-tree.ts";
import { waitUntil } from "./wait-until.ts";

/** A process of the bench: in a group of its own, its output in a file. */
export interface ChildProcess {
  readonly pid: number;
  /** Everything it has written so far. */
  output(): string;
  hasExited(): boolean;
  /** Ends it and everything below it; resolves when all are gone. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  /** Takes standard output and standard error together. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Core to stay on; any core where it is not given. */
  readonly core?: number | undefined;
}

const STOP_TIMEOUT_MS = 6_000;

/** Throws `unavailable`/`BENCH_PROCESS_FAILED` where the command cannot be started. */
export function startChild(argv: readonly string[], options: ChildOptions): ChildProcess {
  const [command, ...args] = options.core === undefined ? argv : ["taskset", "-c", String(options.core), ...argv];
  const log = openSync(options.logFile, "w", 0o600);
  const child = spawn(command ?? "", args, { detached: true, stdio: ["ignore", log, log], env: { ...options.env } });
  closeSync(log);
  const pid = child.pid;
  // Without a listener a failed start would end the bench from an event.
  child.on("error", () => {});
  if (pid === undefined) throw new AppError("unavailable", "BENCH_PROCESS_FAILED", `${command} could not be started`);
  const hasExited = () => child.exitCode !== null || child.signalCode !== null;
  return { pid, hasExited, output: () => readFileSync(options.logFile, "utf8"), stop: () => stopTree(pid, hasExited) };
}

/**
 * SIGTERM to the group; what has not gone by the deadline gets SIGKILL, one by one: a grandchild may
 * have left the group, so the tree is taken down while it can still be seen.
 */
async function stopTree(pid: number, hasExited: () => boolean): Promise<void> {
  const tree = readProcessTree(pid);
  const allGone = () => hasExited() && !tree.some(isStillRunning);
  signal(-pid, "SIGTERM");
  if (await waitUntil(allGone, { timeoutMs: STOP_TIMEOUT_MS })) return;
  for (const process of tree.filter(isStillRunning)) signal(process.pid, "SIGKILL");
  await waitUntil(allGone, { timeoutMs: STOP_TIMEOUT_MS });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Already gone: that is what was wanted.
  }
}
