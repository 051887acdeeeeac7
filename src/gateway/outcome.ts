import type { Answer, AnswerStream } from "./exchange.ts";
import type { Refusal } from "./refusal.ts";
import type { LiveSession } from "./session/live-session.ts";

/** What comes of a request; `http/` turns it into bytes. */
export type Outcome =
  | Refusal
  | Answer
  | AnswerStream
  | { readonly kind: "health"; readonly probe: "live" | "ready" | "about"; readonly ready: boolean }
  | { readonly kind: "accepted" }
  | { readonly kind: "ended" }
  | { readonly kind: "listen"; readonly session: LiveSession };
