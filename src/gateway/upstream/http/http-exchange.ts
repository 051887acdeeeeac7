import { AppError } from "../../../core/app-error.ts";
import type { CancelSignal } from "../../../core/cancel-signal.ts";
import { OpenQuestions } from "../open-questions.ts";
import type { ReadBudget } from "../read-budget.ts";
import type { Shown } from "../refusal-said.ts";
import type { InitializeResult, UpstreamCall, UpstreamEvents } from "../upstream.ts";
import { upstreamBroken, upstreamLost, upstreamUnavailable } from "../upstream-errors.ts";
import type { Http1Client } from "./http1-client.ts";
import type { Http1Response } from "./http1-connection.ts";
import { Http1Failure } from "./http1-failure.ts";

/** What every exchange with one URL shares. */
export interface HttpTarget {
  readonly handle: string;
  /** What it says as others may be shown it. */
  readonly shown: Shown;
  readonly client: Http1Client;
  readonly events: UpstreamEvents;
  /** Largest event of a stream, and largest reply that is read whole, in bytes. */
  readonly maxEventBytes: number;
  /** What it may say beside its answers. */
  readonly budget: ReadBudget;
  /** What a refusal in JSON means that is no JSON-RPC, from a server whose refusals are known; undefined: it broke the protocol. */
  readonly refusalOf?: ((status: number, text: string) => AppError | undefined) | undefined;
  /** Answers to the server's own requests that are on their way. */
  readonly answering: { now: number };
  /** Something was said that a server of the era that it was taken for does not say. `refused`: it knows no sessions. */
  readonly onContradiction: (refused?: "initialize") => void;
  /** Streams of sessions that are being read, and how many there may be: they take connections from the calls. */
  readonly streams: { now: number; readonly max: number };
}

/** A session that the server gave, if it gave one, and the headers that go with it. */
export interface HttpSession {
  readonly id: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The same and what a message needs: one object for all calls, which are checked once then. */
  readonly postHeaders: Readonly<Record<string, string>>;
  /** The server has log messages to send. */
  readonly logs: boolean;
  /** Calls of its client, where a server may ask about them on another stream than theirs. */
  inFlight: Set<UpstreamCall> | undefined;
  /** What the server has asked in it. */
  readonly questions: OpenQuestions;
  /** The least level of log messages that the server was told for it. */
  logLevel: string | undefined;
}

/** Replies up to this size are read and checked. */
export const CHECKED_BYTES = 64 * 1024;

/** A message that nobody waits for holds its connection no longer than this. */
const FORGOTTEN_MS = 10_000;

const JSON_AND_STREAM = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** Printable ASCII: what a session id may be (2025-11-25, Session Management), and all that may stand in a header. */
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

/** The session of a reply to `initialize`. Throws `internal`/`UPSTREAM_BROKEN` for one that could not be sent back. */
export function sessionOf(handle: string, id: string | undefined, { protocolVersion, capabilities }: InitializeResult): HttpSession {
  if (id !== undefined && !SESSION_ID.test(id)) throw upstreamBroken(handle, "its session id is malformed");
  const version = { "mcp-protocol-version": protocolVersion.replaceAll(/[^0-9A-Za-z.-]/g, "") };
  const headers = id === undefined ? version : { ...version, "mcp-session-id": id };
  return {
    id,
    headers,
    postHeaders: { ...JSON_AND_STREAM, ...headers },
    logs: "logging" in capabilities,
    inFlight: undefined,
    questions: new OpenQuestions(),
    logLevel: undefined,
  };
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

/** What goes with every message, beside what the message itself asks for. */
export const POST_HEADERS = JSON_AND_STREAM;

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
    if (typeof message !== "object" || message === null || Array.isArray(message)) return false;
    // An error may say more than its answer: it is read with more care.
    return message.error === undefined && message.id === JSON.parse(idText);
  } catch {
    return false;
  }
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
