import { AppError } from "../../../core/app-error.ts";
import type { CancelSignal } from "../../../core/cancel-signal.ts";
import { errorMessage, METHOD_NOT_FOUND, resultMessage } from "../../../mcp/json-rpc.ts";
import { createSseParser } from "../../../mcp/sse.ts";
import { isListChanged, type UpstreamAnswer, type UpstreamEvents } from "../upstream.ts";
import { upstreamBroken, upstreamLost, upstreamUnavailable } from "../upstream-errors.ts";
import type { Http1Client } from "./http1-client.ts";
import type { Http1Response } from "./http1-connection.ts";
import { Http1Failure } from "./http1-failure.ts";

/** What every exchange with one URL shares. */
export interface HttpTarget {
  readonly handle: string;
  readonly client: Http1Client;
  readonly events: UpstreamEvents;
  /** Largest event of a stream, and largest reply that is read whole, in bytes. */
  readonly maxEventBytes: number;
  /** What a refusal in JSON means that is no JSON-RPC, from a server whose refusals are known; undefined: it broke the protocol. */
  readonly refusalOf?: ((status: number, text: string) => AppError | undefined) | undefined;
  /** Answers to the server's own requests that are on their way. */
  readonly answering: { now: number };
}

/** A session that the server gave, if it gave one, and the headers that go with it. */
export interface HttpSession {
  readonly id: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The same and what a message needs: one object for all calls, which are checked once then. */
  readonly postHeaders: Readonly<Record<string, string>>;
}

/** Replies up to this size are read and checked. */
const CHECKED_BYTES = 64 * 1024;
/** Larger ones pass in one piece up to this size, and beyond it as they come. */
const ONE_PIECE_BYTES = 1024 * 1024;

/** A message that nobody waits for holds its connection no longer than this. */
const FORGOTTEN_MS = 10_000;
/** A server that asks faster than it takes the answers gets none for the rest. */
const MAX_ANSWERING = 16;

const JSON_AND_STREAM = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** Printable ASCII: what a session id may be (2025-11-25, Session Management), and all that may stand in a header. */
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

/** The session of a reply to `initialize`. Throws `internal`/`UPSTREAM_BROKEN` for one that could not be sent back. */
export function sessionOf(handle: string, id: string | undefined, protocolVersion: string): HttpSession {
  if (id !== undefined && !SESSION_ID.test(id)) throw upstreamBroken(handle, "its session id is malformed");
  const version = { "mcp-protocol-version": protocolVersion.replaceAll(/[^0-9A-Za-z.-]/g, "") };
  const headers = id === undefined ? version : { ...version, "mcp-session-id": id };
  return { id, headers, postHeaders: { ...JSON_AND_STREAM, ...headers } };
}

/**
 * Posts one message. Redirects are not followed: credentials would go along.
 *
 * Throws `unavailable`: `UPSTREAM_UNAVAILABLE` where it was not sent, `UPSTREAM_LOST` where the connection broke.
 */
export async function post(
  target: HttpTarget,
  session: HttpSession | undefined,
  body: string,
  signal?: CancelSignal,
): Promise<Http1Response> {
  const headers = session === undefined ? JSON_AND_STREAM : session.postHeaders;
  try {
    return await target.client.send(signal === undefined ? { method: "POST", headers, body } : { method: "POST", headers, body, signal });
  } catch (cause) {
    throw connectionError(target.handle, cause);
  }
}

/** Posts a message that nobody waits for. Resolves when the server has taken it or will not; never rejects. */
export async function postAndForget(target: HttpTarget, session: HttpSession | undefined, body: string): Promise<void> {
  try {
    const response = await post(target, session, body, AbortSignal.timeout(FORGOTTEN_MS));
    response.body.drop();
  } catch {
    // Nobody waits for it.
  }
}

export function connectionError(handle: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  if (!(cause instanceof Http1Failure)) return upstreamBroken(handle, "its reply could not be read", cause);
  return cause.sent ? upstreamLost(handle, cause.message, cause) : upstreamUnavailable(handle, cause.message, cause);
}

/**
 * The answer of a reply that is whole, small and what nearly every reply is: JSON with the right id. Undefined for any
 * other, which `readReply` then reads; nothing is taken from it.
 */
export function plainAnswer({ status, headers, body }: Http1Response, idText: string): string | undefined {
  const plain = status === 200 && headers.get("content-type") === "application/json" && !headers.has("content-encoding");
  if (!plain || Number(headers.get("content-length")) > CHECKED_BYTES) return undefined;
  return body.textNow((text) => answers(text, idText));
}

function answers(text: string, idText: string): boolean {
  try {
    const message = JSON.parse(text);
    return typeof message === "object" && message !== null && !Array.isArray(message) && message.id === JSON.parse(idText);
  } catch {
    return false;
  }
}

export interface ReplyOptions {
  readonly idText: string;
  readonly onNotification: ((message: string) => void) | undefined;
  /** The text is wanted, whatever its size. */
  readonly whole?: true;
}

/** Reads the reply to a request: a JSON body, or a stream whose messages before the answer are handled here. */
export async function readReply(
  target: HttpTarget,
  session: HttpSession | undefined,
  response: Http1Response,
  options: ReplyOptions,
): Promise<UpstreamAnswer> {
  const { status } = response;
  const type = response.headers.get("content-type") ?? "";
  const coding = response.headers.get("content-encoding");
  if (coding !== undefined && coding !== "identity") {
    response.body.drop();
    throw upstreamBroken(target.handle, "its reply is compressed, which was not asked for");
  }
  if (type.startsWith("text/event-stream") && status === 200) return readStreamReply(target, session, response, options);
  if (type.startsWith("application/json") && (status === 200 || status === 400 || status === 404)) {
    return readJsonReply(target, response, options);
  }
  const refusal = type.startsWith("application/json") ? await refusalIn(target, response) : undefined;
  if (refusal !== undefined) throw refusal;
  response.body.drop();
  throw upstreamBroken(target.handle, `HTTP ${status}${type === "" ? "" : ` with ${type.slice(0, 60)}`}`);
}

async function refusalIn({ refusalOf, ...target }: HttpTarget, response: Http1Response): Promise<AppError | undefined> {
  if (refusalOf === undefined) return undefined;
  return refusalOf(response.status, await read(target, () => response.body.text(CHECKED_BYTES)));
}

async function readJsonReply(target: HttpTarget, response: Http1Response, { idText, whole }: ReplyOptions): Promise<UpstreamAnswer> {
  const good = response.status === 200;
  const length = Number(response.headers.get("content-length"));
  if (good && length > ONE_PIECE_BYTES && whole === undefined) return response.body.stream();
  if (good && length > CHECKED_BYTES && whole === undefined) return read(target, () => response.body.bytes(target.maxEventBytes));
  const text = await read(target, () => response.body.text(target.maxEventBytes));
  const message = parseMessage(target, text);
  if (good && message.id !== JSON.parse(idText)) throw upstreamBroken(target.handle, "an answer with another id");
  if (good) return text;
  // Legacy servers refuse with an error whose id they may not have read.
  if (message.error === undefined) throw upstreamBroken(target.handle, `HTTP ${response.status} without an error`);
  return `{"jsonrpc":"2.0","id":${idText},"error":${JSON.stringify(message.error)}}`;
}

async function readStreamReply(
  target: HttpTarget,
  session: HttpSession | undefined,
  response: Http1Response,
  options: ReplyOptions,
): Promise<string> {
  const wanted = JSON.parse(options.idText);
  for await (const text of eventsOf(target, response)) {
    const message = parseMessage(target, text);
    if (!("method" in message) && message.id === wanted) {
      response.body.drop();
      return text;
    }
    handleServerMessage(target, session, message, () => options.onNotification?.(text));
  }
  throw upstreamLost(target.handle, "the stream ended before the answer");
}

/** The data of each event of a stream. */
export async function* eventsOf(target: HttpTarget, response: Http1Response): AsyncGenerator<string> {
  const parser = createSseParser({ maxEventBytes: target.maxEventBytes });
  try {
    for (let chunk = await response.body.next(); chunk !== undefined; chunk = await response.body.next()) {
      for (const event of parser.push(chunk)) if (event.data !== "") yield event.data;
    }
  } catch (cause) {
    throw connectionError(target.handle, cause);
  } finally {
    response.body.drop();
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
  else answerServer(target, session, answerFor(message.method, JSON.stringify(message.id)));
}

function answerServer(target: HttpTarget, session: HttpSession | undefined, answer: string): void {
  const { answering } = target;
  if (answering.now >= MAX_ANSWERING) return;
  answering.now += 1;
  void postAndForget(target, session, answer).then(() => {
    answering.now -= 1;
  });
}

/** No client capability was offered, so all a server may ask is whether we are there. */
function answerFor(method: string, idText: string): string {
  if (method === "ping") return resultMessage(idText, "{}");
  return errorMessage(idText, { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` });
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

async function read<T>(target: HttpTarget, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    throw connectionError(target.handle, cause);
  }
}
