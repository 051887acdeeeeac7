/** Both ways of JSON-RPC texts to one server: the standard streams of a process, or an older pair of HTTP and SSE. */
export interface MessagePipe {
  /** Never throws: a server that cannot be written to is gone. */
  write(message: string): void;
  /** Resolves when it is over, with a reason for people. */
  readonly closed: Promise<string>;
  /** Ends it. Resolves when nothing is left of it. */
  stop(): Promise<void>;
}

/**
 * Opens one, with this handler of what comes from the server. Throws AppError: `unavailable`/`UPSTREAM_UNAVAILABLE` where it
 * cannot be opened, and when `signal` is aborted.
 */
export type OpenPipe = (onMessage: (text: string) => void, signal: AbortSignal) => MessagePipe | Promise<MessagePipe>;
