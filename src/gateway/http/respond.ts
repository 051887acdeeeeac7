import { errorMessage } from "../../mcp/json-rpc.ts";
import type { Outcome } from "../outcome.ts";
import type { Refusal } from "../refusal.ts";
import { termsHeaders } from "../stream/stream-terms.ts";
import { type EventBodyOptions, eventBody } from "./event-body.ts";

const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  // nginx would hold events back otherwise.
  "x-accel-buffering": "no",
};

/** Turns an outcome into bytes. */
export function respond(outcome: Outcome, traceId: string, about: Readonly<Record<string, string>>, streams: EventBodyOptions): Response {
  switch (outcome.kind) {
    case "answer": {
      const headers: Record<string, string> = { "content-type": "application/json", "x-trace-id": traceId };
      if (outcome.sessionId !== undefined) headers["mcp-session-id"] = outcome.sessionId;
      return new Response(outcome.body, outcome.status === undefined ? { headers } : { headers, status: outcome.status });
    }
    case "refusal":
      return refusalResponse(outcome, traceId);
    case "accepted":
      return new Response(null, { status: 202, headers: { "x-trace-id": traceId } });
    case "ended":
    case "nothing left":
      return new Response(null, { status: 204, headers: { "x-trace-id": traceId } });
    case "stream":
    case "listen":
      return eventResponse(outcome, traceId, streams);
    case "health": {
      const up = outcome.probe !== "ready" || outcome.ready;
      return Response.json({ status: up ? "ok" : "unavailable", ...about }, { status: up ? 200 : 503, headers: { "x-trace-id": traceId } });
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

function refusalResponse(refusal: Refusal, traceId: string): Response {
  const { code, message } = refusal;
  const body =
    typeof code === "string"
      ? JSON.stringify({ error: { code, message, trace_id: traceId } })
      : errorMessage(code.idText, { code: code.rpc, message, data: code.data });
  return new Response(body, {
    status: refusal.status,
    headers: { "content-type": "application/json", "x-trace-id": traceId, ...refusal.headers },
  });
}
