import type { OpenSpan } from "./request-span.ts";

/** A span that is over. */
export interface FinishedSpan {
  readonly span: OpenSpan;
  readonly name: string;
  /** `server`: a request to the gateway; `client`: one of the gateway to a server. */
  readonly kind: "server" | "client";
  /** Milliseconds since the epoch, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Why it failed, as a code or reason; undefined where it did not. */
  readonly error: string | undefined;
}

/** Where spans go. */
export interface SpanSink {
  /** Never throws and never waits. */
  take(span: FinishedSpan): void;
}
