import { isNestedDeeper } from "../core/json-depth.ts";
import { INVALID_REQUEST } from "../mcp/json-rpc.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { isRefusal, type Refusal, refuse, refuseRpc } from "./refusal.ts";

/**
 * Reads a body of at most `maxBytes` as UTF-8: 413 for a longer one, as soon as it is known to be. One that nests deeper
 * than `maxDepth` is refused before anything is made of it (-32600).
 */
export async function readBody(request: IncomingRequest, { maxBytes, maxDepth }: BodyLimits): Promise<string | Refusal> {
  const text = await readText(request, maxBytes);
  if (isRefusal(text) || !isNestedDeeper(text, maxDepth)) return text;
  return refuseRpc(INVALID_REQUEST, `Invalid Request: the JSON is nested deeper than ${maxDepth} levels`);
}

export interface BodyLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

async function readText(request: IncomingRequest, maxBytes: number): Promise<string | Refusal> {
  const tooLarge = () => refuse("payload_too_large", `The body may have at most ${maxBytes} bytes`);
  const length = request.headers.get("content-length");
  if (length !== null) return Number(length) > maxBytes ? tooLarge() : request.text();
  if (request.body === null) return "";
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body) {
    size += part.byteLength;
    if (size > maxBytes) return tooLarge();
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}
