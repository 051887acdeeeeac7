import { isNestedDeeper } from "../core/json-depth.ts";
import { INVALID_REQUEST } from "../mcp/json-rpc.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { isRefusal, type Refusal, refuse, refuseRpc } from "./refusal.ts";

/**
 * Reads a body of at most `maxBytes` as UTF-8: 413 for a longer one, as soon as it is known to be. One that nests deeper
 * than `maxDepth` is refused before anything is made of it (-32600).
 */
export function readBody(request: IncomingRequest, { maxBytes, maxDepth }: BodyLimits): string | Refusal | Promise<string | Refusal> {
  const text = readText(request, maxBytes);
  return text instanceof Promise ? text.then((later) => refuseNested(later, maxDepth)) : refuseNested(text, maxDepth);
}

function refuseNested(text: string | Refusal, maxDepth: number): string | Refusal {
  if (isRefusal(text) || !isNestedDeeper(text, maxDepth)) return text;
  return refuseRpc(INVALID_REQUEST, `Invalid Request: the JSON is nested deeper than ${maxDepth} levels`);
}

export interface BodyLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

/** A promise only where the body is still to come. */
function readText(request: IncomingRequest, maxBytes: number): string | Refusal | Promise<string | Refusal> {
  const length = request.headers.get("content-length");
  if (length !== null) return Number(length) > maxBytes ? tooLarge(maxBytes) : (request.textNow ?? request.text());
  return request.body === null ? "" : gather(request.body, maxBytes);
}

async function gather(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string | Refusal> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.byteLength;
    if (size > maxBytes) return tooLarge(maxBytes);
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

function tooLarge(maxBytes: number): Refusal {
  return refuse("payload_too_large", `The body may have at most ${maxBytes} bytes`);
}
