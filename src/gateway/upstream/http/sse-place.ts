import type { OpenPipe } from "../pipe/message-pipe.ts";
import type { ReadBudget } from "../read-budget.ts";
import type { Shown } from "../refusal-said.ts";
import type { Http1Client } from "./http1-client.ts";

/** Where the older pair of HTTP and SSE (2024-11-05) is looked for, and with what. */
export interface SsePlace {
  readonly handle: string;
  readonly url: URL;
  /** What the server says as others may be shown it. */
  readonly shown: Shown;
  /** Largest event of a stream, in bytes. */
  readonly maxEventBytes: number;
  /** What the server may say beside its answers. */
  readonly budget: ReadBudget;
  /** A client for a URL, with the server's headers and behind the same guard. Throws `internal`/`UPSTREAM_BROKEN` for another origin. */
  readonly clientFor: (url: URL) => Http1Client;
}

/**
 * Makes what opens the pair: it reads the stream at the URL, whose first event is `endpoint`, and posts messages there.
 * Opening rejects where no such event comes.
 */
export type OpenSse = (place: SsePlace) => OpenPipe;
