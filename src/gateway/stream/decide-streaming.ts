import type { ServerPolicy } from "../../api/server-definition.ts";
import type { StreamPolicy } from "../policy/gateway-policy.ts";
import type { AcceptedForms } from "./accepted-forms.ts";
import { type StreamTerms, termsOf } from "./stream-terms.ts";

/** How an answer may go out. */
export interface Streaming {
  /** `json`: in one message. `either`: so, or as a stream where there is something to say before the answer or it takes long. */
  readonly form: "json" | "either" | "stream";
  /** How a stream would be kept. */
  readonly terms: StreamTerms;
}

/**
 * What a server says of streams comes before the installation's word; without a server that word holds. Refused: the
 * client takes a stream and nothing else, and streams are off.
 */
export function decideStreaming(policy: StreamPolicy, own: ServerPolicy["stream"], accepted: AcceptedForms): Streaming | "refused" {
  const terms = termsOf(policy, own);
  if (!accepted.stream) return { form: "json", terms };
  if (!(own?.enabled ?? policy.enabled)) return accepted.json ? { form: "json", terms } : "refused";
  return { form: accepted.json ? "either" : "stream", terms };
}
