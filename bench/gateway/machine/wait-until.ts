import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 20;

/** Whether the condition came true in time. Throws the signal's reason when it is aborted. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<boolean> {
  const deadline = Date.now() + options.timeoutMs;
  while (!(await condition())) {
    options.signal?.throwIfAborted();
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
