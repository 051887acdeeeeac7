import { createHash } from "node:crypto";
import { entriesOf } from "../../mcp/json-span.ts";
import { type Keyring, SEALED, seal, unseal } from "../session/seal.ts";

/** What a parked call is found by again, and for whom and what it may be. */
export interface RequestState {
  /** Of the parked call; begins with the id of its process. */
  readonly callId: string;
  /** Which of its answers this was in: an earlier one is worth nothing any more. */
  readonly round: number;
  readonly principalId: string;
  readonly project: string | undefined;
  readonly server: string | undefined;
  /** Of what was asked. */
  readonly requestHash: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** What the request that began the call is known by in a trace. */
  readonly trace?: string | undefined;
}

/** What tells a state of the gateway's from one of a server's, which passes through untouched. */
const PREFIX = "mcpctl1.";
const MAX_LENGTH = 2048;

export function isOwnState(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(PREFIX);
}

export function sealState(keyring: Keyring, state: RequestState): string {
  return PREFIX + seal(keyring, SEALED.requestState, JSON.stringify(state));
}

/** Undefined for one that was changed, is another installation's, or has expired. */
export function openState(keyring: Keyring, text: string, nowMs: number): RequestState | undefined {
  if (!isOwnState(text) || text.length > MAX_LENGTH) return undefined;
  const opened = unseal(keyring, SEALED.requestState, text.slice(PREFIX.length));
  const state = opened === undefined ? undefined : (JSON.parse(opened) as RequestState);
  return state === undefined || nowMs >= state.expiresAt * 1000 ? undefined : state;
}

/** What a retry may add to, or change in, the params of its call. */
const OF_RETRY = new Set(["inputResponses", "requestState", "_meta"]);

/** The hash of what a request asks for, however its params are ordered. */
export function requestHash(method: string, paramsText: string | undefined): string {
  const entries = paramsText === undefined ? [] : entriesOf(paramsText, paramsText.indexOf("{"));
  const asked = entries.filter(({ key }) => !OF_RETRY.has(key)).map(({ key, span }) => [key, paramsText?.slice(span.start, span.end)]);
  const sorted = asked.toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([method, sorted]))
    .digest("base64url");
}
