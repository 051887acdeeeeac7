import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";
import type { StreamMark } from "./read-reply.ts";

const MIN_RETRY_MS = 10;
const MAX_RETRY_MS = 60_000;
const HEADER_SAFE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** How long to wait before a stream is asked for again: as the server said, within bounds, else longer with each try. `attempt` is 1 or more. */
export function returnDelayMs({ retryMs }: StreamMark, policy: BackoffPolicy, attempt: number, random: number): number {
  if (retryMs === undefined) return backoffMs(policy, attempt, random);
  return Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, retryMs));
}

/** The headers that ask for what came behind the mark; undefined where the server gave no id that a header can carry. */
export function resumeHeaders({ lastEventId }: StreamMark): Record<string, string> | undefined {
  return HEADER_SAFE.test(lastEventId) ? { "last-event-id": lastEventId } : undefined;
}
