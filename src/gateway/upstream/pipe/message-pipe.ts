import type { AppError } from "../../../core/app-error.ts";
import type { Shown } from "../refusal-said.ts";

/** Both ways of JSON-RPC texts to one server: the standard streams of a process, or an older pair of HTTP and SSE. */
export interface MessagePipe {
  /** Never throws: a server that cannot be written to is gone. What it gives is of messages that each find their own way. */
  write(message: string): Sent | undefined;
  /** Resolves when it is over, with a reason for people. */
  readonly closed: Promise<string>;
  /** What the server says as others may be shown it. */
  readonly shown: Shown;
  /** Ends it. Resolves when nothing is left of it. */
  stop(): Promise<void>;
}

/** A message on its way to a server that may refuse it alone. */
export interface Sent {
  /** Resolves when the server has taken it, or with why it was not taken. Never rejects. */
  readonly refused: Promise<AppError | undefined>;
  /** Nobody waits for it any more: it may end at once, or in a while. */
  letGo(at: "once" | "later"): void;
}

/**
 * Opens one, with this handler of what comes from the server, which says whether that was an answer: what is none counts
 * against what the server may say. Throws AppError: `unavailable`/`UPSTREAM_UNAVAILABLE` where it
 * cannot be opened, and when `signal` is aborted.
 */
export type OpenPipe = (onMessage: (text: string) => boolean, signal: AbortSignal) => MessagePipe | Promise<MessagePipe>;
