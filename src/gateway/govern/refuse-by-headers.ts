import type { IncomingHeaders } from "../incoming-request.ts";
import { TRANSPORT_HEADER_BYTES } from "../policy/gateway-policy.ts";
import { type Refusal, refuse } from "../refusal.ts";

/** 431 where the headers are more than may be. They are counted only where that is less than what the listener lets in. */
export function refuseByHeaders(headers: IncomingHeaders, maxBytes: number): Refusal | undefined {
  if (maxBytes >= TRANSPORT_HEADER_BYTES) return undefined;
  let bytes = 0;
  // As they stood on the wire: `name: value`, and the end of the line.
  headers.forEach((value, name) => {
    bytes += name.length + value.length + 4;
  });
  return bytes > maxBytes ? refuse("headers_too_large", `The headers may have at most ${maxBytes} bytes`) : undefined;
}
