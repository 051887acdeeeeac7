/** What is kept for readers that are slow or away. */
export interface StreamLimits {
  /** How long a client may be away before it is taken for gone, where its stream can be resumed, in ms. */
  readonly graceMs: number;
  /** How long a client is told to wait before it comes back, in ms. */
  readonly retryMs: number;
  /** What a slow reader may leave unread before its stream is cut. */
  readonly maxUnreadBytes: number;
  readonly maxUnreadMessages: number;
  /** What is kept of one stream for a reader that comes back, in messages and in characters. */
  readonly maxKeptMessages: number;
  readonly maxKeptChars: number;
  /** What is kept for all of them together, in characters. */
  readonly maxKeptCharsOfAll: number;
}

/** How streams of events are kept alive, how long, and what is kept for a reader that is away. */
export interface StreamSettings extends StreamLimits {
  /** How often a quiet stream says that it is alive, in ms. */
  readonly heartbeatMs: number;
  /** How long one stream may be open, in ms; a client that wants more comes back. */
  readonly maxMs: number;
  /** Whether a call is canceled when its client has gone and cannot come back, or does not. */
  readonly abortOnDisconnect: boolean;
}

export const STREAM_LIMITS: StreamLimits = {
  graceMs: 30_000,
  retryMs: 1000,
  maxUnreadBytes: 8 * 1024 * 1024,
  maxUnreadMessages: 1000,
  maxKeptMessages: 256,
  maxKeptChars: 4 * 1024 * 1024,
  maxKeptCharsOfAll: 32 * 1024 * 1024,
};

/** What an installation's configuration says of streams. */
interface StreamPolicy {
  readonly heartbeatSeconds: number;
  readonly maxSeconds: number;
  readonly abortOnDisconnect: boolean;
}

export function streamSettings(limits: StreamLimits, { heartbeatSeconds, maxSeconds, abortOnDisconnect }: StreamPolicy): StreamSettings {
  return { ...limits, heartbeatMs: heartbeatSeconds * 1000, maxMs: maxSeconds * 1000, abortOnDisconnect };
}
