import type { IncomingHeaders } from "../incoming-request.ts";
import { type Refusal, refuse } from "../refusal.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The `Idempotency-Key` of a request. One is never made here: whoever has lost the answer would not know it, and could not
 * ask again without a second execution.
 */
export function idempotencyKeyOf(headers: IncomingHeaders): string | Refusal {
  const key = headers.get("idempotency-key");
  if (key !== null && KEY.test(key)) return key;
  return refuse("invalid_payload", "The header Idempotency-Key is required: 1-255 visible ASCII characters, another one for each call");
}
