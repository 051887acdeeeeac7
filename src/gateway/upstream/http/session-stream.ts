import { type BackoffPolicy, backoffMs } from "../../../core/backoff.ts";
import { waitOrAbort } from "../../../core/cancelable-wait.ts";
import { createSseParser } from "../../../mcp/sse.ts";
import { EventMeter } from "./event-meter.ts";
import { type HttpSession, type HttpTarget, parseMessage } from "./http-exchange.ts";
import { isEventStream, resumeHeaders, resumeWaitMs } from "./resume.ts";
import { type Listener, takeServerMessage } from "./server-message.ts";

const AGAIN: BackoffPolicy = { firstMs: 500, maxMs: 30_000 };

/** Where a stream is to be read on, and when. */
export interface StreamPosition {
  lastEventId: string;
  retryMs: number | undefined;
}

export function streamStart(): StreamPosition {
  return { lastEventId: "", retryMs: undefined };
}

type Heard = "ended" | "none" | "unknown" | "refused";

/**
 * Reads the server's own stream of a session, again and again: servers end one now and then, and what they said meanwhile
 * is asked for by the id of the last event, which `position` keeps. `onTried` runs when the stream stands, or does not. Resolves with a reason where the session is known to be over, with undefined
 * where there is no stream to read, or when `signal` is aborted. Never rejects.
 */
export async function readSessionStream(
  target: HttpTarget,
  session: HttpSession,
  listener: Listener,
  position: StreamPosition,
  signal: AbortSignal,
  onTried: () => void = () => {},
): Promise<string | undefined> {
  let hadOne = false;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const heard = await withRoom(target, () => listen(target, session, listener, position, signal, onTried));
    onTried();
    // A server without a stream may say 404 too; one that had a stream means the session.
    if (heard === "unknown" && hadOne) return "its session is over";
    if (heard === "none" || heard === "unknown") return undefined;
    if (heard === "ended") {
      hadOne = true;
      attempt = 1;
    }
    const asTold = heard === "ended" && position.retryMs !== undefined;
    await waitOrAbort(asTold ? resumeWaitMs(position.retryMs) : backoffMs(AGAIN, attempt, Math.random()), signal);
  }
  return undefined;
}

/** Streams leave connections to the calls; one that finds no room is tried again later. */
async function withRoom(target: HttpTarget, read: () => Promise<Heard>): Promise<Heard> {
  const { streams } = target;
  if (streams.now >= streams.max) return "refused";
  streams.now += 1;
  try {
    return await read();
  } catch {
    return "refused";
  } finally {
    streams.now -= 1;
  }
}

/** Reads the stream until it ends; throws where it breaks. */
async function listen(
  target: HttpTarget,
  session: HttpSession,
  listener: Listener,
  position: StreamPosition,
  signal: AbortSignal,
  onTried: () => void,
): Promise<Heard> {
  const headers = resumeHeaders(session, position.lastEventId) ?? { ...session.headers, accept: "text/event-stream" };
  const response = await target.client.send({ method: "GET", headers, signal });
  onTried();
  if (!isEventStream(response)) {
    response.body.drop();
    return refusal(response.status);
  }
  const parser = createSseParser({ maxEventBytes: target.maxEventBytes });
  const meter = new EventMeter(target.budget, parser);
  try {
    for (let chunk = await response.body.next(); chunk !== undefined; chunk = await response.body.next()) {
      const events = parser.push(chunk);
      for (const { data } of events) {
        if (data !== "") takeServerMessage(target, session, data, parseMessage(target, data), listener);
      }
      if (parser.lastEventId !== "") position.lastEventId = parser.lastEventId;
      position.retryMs = parser.retryMs ?? position.retryMs;
      await meter.take(chunk, events, signal);
    }
  } finally {
    response.body.drop();
  }
  return "ended";
}

/** 409 is what SDKs say where a stream that broke is still open to them. */
function refusal(status: number): Heard {
  if (status === 404) return "unknown";
  return status === 409 || status === 429 || status >= 500 ? "refused" : "none";
}
