import type { HttpSession } from "./http-exchange.ts";
import type { Http1Response } from "./http1-connection.ts";

/** How streams that ended are read on. */
export const RESUME = {
  /** Where the server does not say, and within what its word counts, in ms. */
  defaultMs: 1000,
  minMs: 50,
  maxMs: 60_000,
  /** Tries in a row that may fail. */
  maxFailures: 5,
} as const;

/** Ids that fit into a header; others cannot be said. */
const EVENT_ID = /^[\x21-\x7e]([\x20-\x7e]{0,1022}[\x21-\x7e])?$/;

/** How long to wait before a stream is read on, in ms, given what the server said in `retry`. */
export function resumeWaitMs(retryMs: number | undefined): number {
  return retryMs === undefined ? RESUME.defaultMs : Math.min(RESUME.maxMs, Math.max(RESUME.minMs, retryMs));
}

/** The headers that ask for what comes after an event; undefined where the event has no id, or none that can be sent. */
export function resumeHeaders({ headers }: HttpSession, lastEventId: string): Readonly<Record<string, string>> | undefined {
  return EVENT_ID.test(lastEventId) ? { ...headers, accept: "text/event-stream", "last-event-id": lastEventId } : undefined;
}

export function isEventStream({ status, headers }: Http1Response): boolean {
  return status === 200 && (headers.get("content-type") ?? "").startsWith("text/event-stream");
}
