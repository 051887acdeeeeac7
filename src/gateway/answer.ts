import { SharedResult } from "../mcp/shared-result.ts";
import type { Refusal } from "./refusal.ts";
import type { OpenStream } from "./stream/event-sink.ts";
import type { StreamTerms } from "./stream/stream-terms.ts";
import type { UpstreamAnswer } from "./upstream/upstream.ts";

/** The gateway's own lists share what is long in them. */
export type AnswerBody = UpstreamAnswer | SharedResult;

/** A request that was carried out, in one message. */
export interface Answer {
  readonly kind: "answer";
  readonly body: AnswerBody;
  /** HTTP status; 200 where it is not given. */
  readonly status?: number;
  /** The id of a session that this answer opens. */
  readonly sessionId?: string;
}

/** A request that said something before its answer. */
export interface AnswerStream {
  readonly kind: "stream";
  /** The answer, or why there is none. Never rejects. */
  readonly settled: Promise<Answer | Refusal>;
  /** Sends all messages, the answer last. What was said before it is called is kept. */
  readonly open: OpenStream;
  /** How it is kept. */
  readonly terms: StreamTerms;
  /** The id of a session that this answer opens. */
  readonly sessionId?: string;
}

/** The whole text of an answer. */
export function answerText({ body }: Answer): string | Promise<string> {
  if (body instanceof SharedResult) return body.text();
  return typeof body === "string" ? body : new Response(body).text();
}
