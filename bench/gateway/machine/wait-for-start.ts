import { AppError } from "../../../src/core/app-error.ts";
import type { ChildProcess } from "./child-process.ts";
import { waitUntil } from "./wait-until.ts";

const START_TIMEOUT_MS = 30_000;
const LOG_TAIL_CHARS = 600;

/** Throws `unavailable`/`BENCH_NOT_READY` with the end of the child's output where it died or took too long. */
export async function waitForStart(
  name: string,
  child: ChildProcess,
  isReady: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const ready = await waitUntil(async () => child.hasExited() || (await isReady()), { timeoutMs: START_TIMEOUT_MS, signal });
  if (ready && !child.hasExited()) return;
  const what = child.hasExited() ? "ended while it started" : `was not ready after ${START_TIMEOUT_MS / 1000} s`;
  throw new AppError(
    "unavailable",
    "BENCH_NOT_READY",
    `${name} ${what}: ${child.output().trim().slice(-LOG_TAIL_CHARS).replaceAll(/\s+/g, " ")}`,
  );
}
