import { createLocator, splice } from "../../mcp/json-span.ts";
import type { UpstreamCall } from "./upstream.ts";

/**
 * Where callers share a connection to a server, each request gets an id and a progress token of this hop, and the
 * caller's own are put back into what comes (CVE-2026-25536). All else in a message stays as it is.
 *
 * The id serves as the progress token too: it is unique among the calls in flight.
 */

const locateId = createLocator(["id"]);
const locateCallToken = createLocator(["_meta", "progressToken"]);
const locateNoticeToken = createLocator(["params", "progressToken"]);

/** The params of a call with this hop's progress token, where the caller has one. */
export function hopParams(paramsText: string, id: number): string {
  // A key may be written with escapes, and a token that stayed as it is could be another caller's here.
  if (!paramsText.includes("progressToken") && !paramsText.includes("\\u")) return paramsText;
  const [span] = locateCallToken(paramsText).spans;
  return span === undefined ? paramsText : splice(paramsText, span, String(id));
}

/** The text of a request to a server. */
export function requestText(idText: string, method: string, paramsText: string | undefined): string {
  const head = `{"jsonrpc":"2.0","id":${idText},"method":${JSON.stringify(method)}`;
  return paramsText === undefined ? `${head}}` : `${head},"params":${paramsText}}`;
}

/** The text that tells a server that a request is not waited for any more. */
export function cancelText(idText: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${idText},"reason":"canceled by the client"}}`;
}

/** An answer with the caller's id; undefined for one that has none. */
export function answerFor(call: UpstreamCall, answer: string): string | undefined {
  const [span] = locateId(answer).spans;
  return span === undefined ? undefined : splice(answer, span, call.idText);
}

/** A progress notification with the caller's token; undefined where it has none, or the caller gave none. */
export function progressFor(call: UpstreamCall, notice: string): string | undefined {
  const own = call.paramsText === undefined ? undefined : tokenText(call.paramsText);
  const [span] = locateNoticeToken(notice).spans;
  return own === undefined || span === undefined ? undefined : splice(notice, span, own);
}

function tokenText(paramsText: string): string | undefined {
  const [span] = locateCallToken(paramsText).spans;
  return span === undefined ? undefined : paramsText.slice(span.start, span.end);
}
