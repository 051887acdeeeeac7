import { VERSION } from "../../../core/version.ts";
import { readBoundedText } from "../../../mcp/client/bounded-body.ts";
import type { FetchLike } from "../../../mcp/client/fetch-like.ts";
import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { META, MODERN_REVISION } from "../../../mcp/eras/2026-07-28/meta-keys.ts";
import { requestHeaders } from "../../../mcp/eras/2026-07-28/request-headers.ts";
import { decideHttpEra } from "../../../mcp/eras/decide-era.ts";
import { createSseParser } from "../../../mcp/sse.ts";
import type { Answer } from "../probe-ports.ts";

const METHOD = "server/discover";
const PARAMS = {
  _meta: { [META.version]: MODERN_REVISION, [META.clientCapabilities]: {}, [META.clientInfo]: { name: "mcp-agent", version: VERSION } },
};

/** What a modern server says to `server/discover`; undefined where it is none. Throws as `fetch` does. */
export async function discoverModern(url: string, fetch: FetchLike, maxBytes: number): Promise<Answer | undefined> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      ...requestHeaders(METHOD, PARAMS),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: "mcp-agent-discover", method: METHOD, params: PARAMS }),
  });
  const message = await messageIn(response, maxBytes);
  const verdict = decideHttpEra({ kind: "message", status: response.status, message });
  if (verdict === "other") return { ok: false, reason: `it speaks a revision of MCP that is not ${MODERN_REVISION}` };
  if (verdict !== "modern") return undefined;
  if (isJsonObject(message) && isJsonObject(message.result)) return { ok: true, detail: `it speaks MCP ${MODERN_REVISION}` };
  return { ok: false, reason: `it refuses ${METHOD} with HTTP ${response.status}` };
}

/** The first answer in a JSON body or a stream of events; undefined where there is none. */
async function messageIn(response: Response, maxBytes: number): Promise<unknown> {
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream"))
    return parsed(await readBoundedText(response, maxBytes));
  const parser = createSseParser({ maxEventBytes: maxBytes });
  for await (const chunk of response.body ?? []) {
    for (const { data } of parser.push(chunk)) {
      const message = parsed(data);
      if (isJsonObject(message) && !("method" in message)) return message;
    }
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
