import type { HttpRequest } from "./http-request.ts";
import type { HttpAnswer } from "./plain-answer.ts";

/** `address` is the client's, as the transport sees it. It promises not to throw. */
export type HttpHandler = (request: HttpRequest, address: string | undefined) => Promise<HttpAnswer>;

export interface HttpLimits {
  /** Longest head of a request, in bytes. */
  readonly maxHeadBytes: number;
  /** What may still come of a body that nobody reads, in bytes. */
  readonly maxDrainBytes: number;
  readonly maxConnections: number;
  /** For a head, from its first byte, in seconds. */
  readonly headS: number;
  /** For a body. */
  readonly bodyS: number;
  /** How long a client may take no bytes while there are some for it. */
  readonly stallS: number;
  /** How long a connection is kept without a request. */
  readonly idleS: number;
}

/** What all connections of a listener share. */
export interface HttpHost {
  readonly limits: HttpLimits;
  readonly handler: HttpHandler;
  /** Seconds since the start; whole ones are exact enough here. */
  readonly seconds: number;
  /** The time as a header has it. */
  readonly date: string;
  /** No connection is kept any more. */
  readonly stopping: boolean;
  /** A request has begun, and its answer is gone. */
  onBegin(): void;
  onFinish(): void;
  onFailure(thrown: unknown): void;
}
