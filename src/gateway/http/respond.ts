import { errorMessage } from "../../mcp/json-rpc.ts";
import { encodeSseMessage } from "../../mcp/sse.ts";
import type { AnswerStream } from "../exchange.ts";
import type { Outcome } from "../outcome.ts";
import type { Refusal } from "../refusal.ts";

const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  // nginx would hold events back otherwise.
  "x-accel-buffering": "no",
};

/** How often a quiet stream says that it is alive: well under the minute that proxies allow. */
const HEARTBEAT_MS = 15_000;
/** Messages that a slow reader may leave unread before its stream is cut. */
const MAX_UNREAD = 1000;

/** Turns an outcome into bytes. */
export function respond(outcome: Outcome, traceId: string, about: Readonly<Record<string, string>>): Response {
  switch (outcome.kind) {
    case "answer": {
      const headers: Record<string, string> = { "content-type": "application/json", "x-trace-id": traceId };
      if (outcome.sessionId !== undefined) headers["mcp-session-id"] = outcome.sessionId;
      return new Response(outcome.body, { headers });
    }
    case "refusal":
      return refusalResponse(outcome, traceId);
    case "accepted":
      return new Response(null, { status: 202, headers: { "x-trace-id": traceId } });
    case "ended":
      return new Response(null, { status: 204, headers: { "x-trace-id": traceId } });
    case "stream":
      return new Response(answerStream(outcome), { headers: { ...EVENT_STREAM, "x-trace-id": traceId } });
    case "listen":
      return new Response(listenStream(outcome.session), { headers: { ...EVENT_STREAM, "x-trace-id": traceId } });
    case "health": {
      const up = outcome.probe !== "ready" || outcome.ready;
      return Response.json({ status: up ? "ok" : "unavailable", ...about }, { status: up ? 200 : 503, headers: { "x-trace-id": traceId } });
    }
  }
}

function refusalResponse(refusal: Refusal, traceId: string): Response {
  const { code, message } = refusal;
  const body =
    typeof code === "string"
      ? JSON.stringify({ error: { code, message, trace_id: traceId } })
      : errorMessage(code.idText, { code: code.rpc, message });
  return new Response(body, {
    status: refusal.status,
    headers: { "content-type": "application/json", "x-trace-id": traceId, ...refusal.headers },
  });
}

function answerStream(outcome: AnswerStream): ReadableStream<Uint8Array> {
  return eventStream(async (sink) => {
    await outcome.pump(sink.send);
    sink.close();
  });
}

function listenStream(session: Extract<Outcome, { kind: "listen" }>["session"]): ReadableStream<Uint8Array> {
  return eventStream((sink) => {
    const detach = session.attach(sink.send, sink.close);
    const forget = session.onClose(sink.close);
    return () => {
      detach();
      forget();
    };
  });
}

interface EventSink {
  readonly send: (message: string) => void;
  readonly close: () => void;
}

/** A stream of messages with a heartbeat. `begin` may return what is to be done when the reader has gone. */
function eventStream(begin: (sink: EventSink) => (() => void) | Promise<void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let open = true;
  let timer: ReturnType<typeof setInterval> | undefined;
  let onGone: (() => void) | undefined;
  const end = () => {
    open = false;
    clearInterval(timer);
    onGone?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (text: string) => {
          if (!open) return;
          controller.enqueue(encoder.encode(text));
          // A reader that does not read costs no more than this.
          if ((controller.desiredSize ?? 0) <= -MAX_UNREAD) close();
        };
        const close = () => {
          if (!open) return;
          end();
          controller.close();
        };
        timer = setInterval(() => write(": alive\n\n"), HEARTBEAT_MS);
        write(": open\n\n");
        const result = begin({ send: (message) => write(encodeSseMessage(message)), close });
        if (typeof result === "function") onGone = result;
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
