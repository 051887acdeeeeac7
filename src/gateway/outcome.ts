import type { Answer, AnswerStream } from "./answer.ts";
import type { Refusal } from "./refusal.ts";
import type { OpenStream } from "./stream/event-sink.ts";
import type { StreamTerms } from "./stream/stream-terms.ts";

/** What comes of a request; `http/` turns it into bytes. */
export type Outcome =
  | Refusal
  | Answer
  | AnswerStream
  | { readonly kind: "health"; readonly probe: "live" | "ready" | "about"; readonly ready: boolean }
  | { readonly kind: "accepted" }
  /** A request that is answered on a stream of its client's; `settled` never rejects. */
  | { readonly kind: "posted"; readonly settled: Promise<Answer | Refusal> }
  | { readonly kind: "ended" }
  /** A stream that is no answer to one request. */
  | { readonly kind: "listen"; readonly open: OpenStream; readonly terms: StreamTerms }
  /** The client comes back to a stream of which nothing is left. */
  | { readonly kind: "nothing left" };
