import { errorMessage } from "../../mcp/json-rpc.ts";
import { SharedResult } from "../../mcp/shared-result.ts";
import type { Outcome } from "../outcome.ts";
import type { Refusal } from "../refusal.ts";
import { termsHeaders } from "../stream/stream-terms.ts";
import { type EventBodyOptions, eventBody } from "./event-body.ts";
import type { PlainBody } from "./plain-answer.ts";

const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  // nginx would hold events back otherwise.
  "x-accel-buffering": "no",
};

/** Makes an answer whose body is all there. */
export type MakeAnswer<A> = (body: PlainBody | null, status: number, headers: Readonly<Record<string, string>>) => A;

/** As the web's `Response`. */
export const asResponse: MakeAnswer<Response> = (body, status, headers) =>
  new Response(body instanceof SharedResult ? body.bytes() : body, { status, headers });

/** What an outcome is answered with: what streams a `Response`, everything else what `make` makes of it. */
export function respond<A>(
  outcome: Outcome,
  traceId: string,
  about: Readonly<Record<string, string>>,
  streams: EventBodyOptions,
  make: MakeAnswer<A>,
): A | Response {
  switch (outcome.kind) {
    case "answer": {
      const headers: Record<string, string> = { "content-type": "application/json", "x-trace-id": traceId };
      if (outcome.sessionId !== undefined) headers["mcp-session-id"] = outcome.sessionId;
      const { body, status = 200 } = outcome;
      return body instanceof ReadableStream ? new Response(body, { status, headers }) : make(body, status, headers);
    }
    case "refusal":
      return refusalAnswer(outcome, traceId, make);
    case "accepted":
    case "posted":
      return make(null, 202, { "x-trace-id": traceId });
    case "ended":
    case "nothing left":
      return make(null, 204, { "x-trace-id": traceId });
    case "stream":
    case "listen":
      return eventResponse(outcome, traceId, streams);
    case "health": {
      const up = outcome.probe !== "ready" || outcome.ready;
      const text = JSON.stringify({ status: up ? "ok" : "unavailable", ...about });
      return make(text, up ? 200 : 503, { "content-type": "application/json", "x-trace-id": traceId });
    }
  }
}

/** A stream whose terms it says, so that a client can hold us to them. */
function eventResponse(outcome: Outcome & { kind: "stream" | "listen" }, traceId: string, { settings, onCut }: EventBodyOptions): Response {
  const { open, terms } = outcome;
  const headers: Record<string, string> = { ...EVENT_STREAM, ...termsHeaders(terms), "x-trace-id": traceId };
  if (outcome.kind === "stream" && outcome.sessionId !== undefined) headers["mcp-session-id"] = outcome.sessionId;
  const own = { ...settings, heartbeatMs: terms.heartbeatSeconds * 1000, maxMs: terms.maxSeconds * 1000 };
  return new Response(eventBody(open, { settings: own, onCut }), { headers });
}

function refusalAnswer<A>(refusal: Refusal, traceId: string, make: MakeAnswer<A>): A {
  const { code, message } = refusal;
  const body =
    typeof code === "string"
      ? JSON.stringify({ error: { code, message, trace_id: traceId } })
      : errorMessage(code.idText, { code: code.rpc, message, data: code.data });
  return make(body, refusal.status, { "content-type": "application/json", "x-trace-id": traceId, ...refusal.headers });
}
