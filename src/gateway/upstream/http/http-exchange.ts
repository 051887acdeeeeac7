import { errorMessage, METHOD_NOT_FOUND, resultMessage } from "../../../mcp/json-rpc.ts";
import { createSseParser } from "../../../mcp/sse.ts";
import { isListChanged, type UpstreamAnswer, type UpstreamEvents } from "../upstream.ts";
import { upstreamBroken, upstreamLost, upstreamUnavailable } from "../upstream-errors.ts";

/** What every exchange with one URL shares. */
export interface HttpTarget {
  readonly handle: string;
  readonly url: string;
  readonly events: UpstreamEvents;
  /** Largest event of a stream, in bytes. */
  readonly maxEventBytes: number;
}

/** A session that the server gave, if it gave one. */
export interface HttpSession {
  readonly id: string | undefined;
  readonly protocolVersion: string;
}

/** Replies up to this size are read and checked; larger ones pass through as they come. */
const CHECKED_BYTES = 64 * 1024;

const REFUSED = new Set([
  "ECONNREFUSED",
  "ConnectionRefused",
  "ENOTFOUND",
  "EAI_AGAIN",
  "FailedToOpenSocket",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

export function requestHeaders(session: HttpSession | undefined): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  if (session === undefined) return headers;
  headers["mcp-protocol-version"] = session.protocolVersion;
  if (session.id !== undefined) headers["mcp-session-id"] = session.id;
  return headers;
}

/**
 * Posts one message. Redirects are not followed: credentials would go along.
 *
 * Throws `unavailable`: `UPSTREAM_UNAVAILABLE` where no connection was made, `UPSTREAM_LOST` where one broke.
 */
export async function post(target: HttpTarget, session: HttpSession | undefined, body: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(target.url, {
      method: "POST",
      headers: requestHeaders(session),
      body,
      redirect: "manual",
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    throw connectionError(target.handle, cause);
  }
}

/** The error of a fetch that failed: told apart by its code, whether the request can have arrived. */
export function connectionError(handle: string, cause: unknown) {
  const code = String((cause as { code?: unknown } | null)?.code ?? "");
  if (REFUSED.has(code)) return upstreamUnavailable(handle, "it accepts no connection", cause);
  return upstreamLost(handle, `the connection broke${code === "" ? "" : ` (${code})`}`, cause);
}

export interface ReplyOptions {
  readonly session: HttpSession | undefined;
  readonly idText: string;
  readonly onNotification: ((message: string) => void) | undefined;
}

/** Reads the reply to a request: a JSON body, or a stream whose messages before the answer are handled here. */
export async function readReply(target: HttpTarget, response: Response, options: ReplyOptions): Promise<UpstreamAnswer> {
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("text/event-stream") && response.ok) return readStreamReply(target, response, options);
  if (type.startsWith("application/json") && (response.ok || response.status === 400 || response.status === 404)) {
    return readJsonReply(target, response, options);
  }
  await response.body?.cancel();
  throw upstreamBroken(target.handle, `HTTP ${response.status}${type === "" ? "" : ` with ${type.slice(0, 60)}`}`);
}

async function readJsonReply(target: HttpTarget, response: Response, { idText }: ReplyOptions): Promise<UpstreamAnswer> {
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  if (response.ok && length > CHECKED_BYTES && response.body !== null) return response.body;
  const text = await textOf(target, response);
  const message = parseMessage(target, text);
  if (response.ok && idOf(message) !== JSON.parse(idText)) throw upstreamBroken(target.handle, "an answer with another id");
  if (response.ok) return text;
  // Legacy servers refuse with an error whose id they may not have read.
  const error = (message as { error?: unknown }).error;
  if (error === undefined) throw upstreamBroken(target.handle, `HTTP ${response.status} without an error`);
  return `{"jsonrpc":"2.0","id":${idText},"error":${JSON.stringify(error)}}`;
}

async function readStreamReply(target: HttpTarget, response: Response, options: ReplyOptions): Promise<string> {
  const wanted = JSON.parse(options.idText);
  for await (const text of eventsOf(target, response)) {
    const message = parseMessage(target, text);
    if (!("method" in message) && idOf(message) === wanted) {
      await response.body?.cancel().catch(() => {});
      return text;
    }
    handleServerMessage(target, options.session, message, () => options.onNotification?.(text));
  }
  throw upstreamLost(target.handle, "the stream ended before the answer");
}

/** The data of each event of a stream. */
export async function* eventsOf(target: HttpTarget, response: Response): AsyncGenerator<string> {
  const parser = createSseParser({ maxEventBytes: target.maxEventBytes });
  if (response.body === null) return;
  try {
    for await (const chunk of response.body) {
      for (const event of parser.push(chunk)) if (event.data !== "") yield event.data;
    }
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AppError") throw cause;
    throw connectionError(target.handle, cause);
  }
}

/** What a server says of itself: list changes go to the events, requests get the one answer there is. */
export function handleServerMessage(
  target: HttpTarget,
  session: HttpSession | undefined,
  message: Readonly<Record<string, unknown>>,
  pass: () => void,
): void {
  if (typeof message.method !== "string") return;
  if (isListChanged(message.method)) target.events.listChanged();
  else if (message.id === undefined) pass();
  else answerServer(target, session, message.method, JSON.stringify(message.id));
}

/** No client capability was offered, so all a server may ask is whether we are there. */
function answerServer(target: HttpTarget, session: HttpSession | undefined, method: string, idText: string): void {
  const refusal = { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` };
  const answer = method === "ping" ? resultMessage(idText, "{}") : errorMessage(idText, refusal);
  post(target, session, answer).then(
    (response) => response.body?.cancel(),
    () => {},
  );
}

export function parseMessage(target: HttpTarget, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw upstreamBroken(target.handle, "a reply that is no JSON-RPC message");
}

async function textOf(target: HttpTarget, response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw connectionError(target.handle, cause);
  }
}

function idOf(message: Readonly<Record<string, unknown>>): unknown {
  return message.id;
}
