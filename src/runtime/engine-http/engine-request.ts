/** A call to an engine over its socket. */
export interface EngineRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** For messages: `start web`. */
  readonly what: string;
  /** Until the whole answer is there; of a stream until its headers are. Undefined: no limit. */
  readonly timeoutMs: number | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface EngineReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** How long a call may take, by its kind. A stop has its own time on top. */
export const DEADLINES = { readMs: 5_000, writeMs: 30_000, pullMs: 600_000 } as const;

/** `path?name=value&…`, with what is undefined left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]));
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}
