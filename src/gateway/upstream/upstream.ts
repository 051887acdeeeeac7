import type { ServerState } from "../../api/server-status.ts";
import type { CancelSignal } from "../../core/cancel-signal.ts";
import type { LiveSession } from "../session/live-session.ts";

/** What a server answered to `initialize`. */
export interface InitializeResult {
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly instructions?: string;
}

/** One request to a server, in the server's own names. */
export interface UpstreamCall {
  /** The client's session; undefined where the gateway asks for itself. Servers that keep sessions get one for each. */
  readonly session: LiveSession | undefined;
  /** The id that the answer shall carry, as JSON text. */
  readonly idText: string;
  readonly method: string;
  /** JSON text of the params. */
  readonly paramsText: string | undefined;
  /** Takes each notification that belongs to this call, as the text of a message with the caller's progress token. */
  readonly onNotification: ((message: string) => void) | undefined;
  /** Aborted when the caller cancels or the time is up: the server is told. */
  readonly signal: CancelSignal;
}

/** A whole JSON-RPC message with the caller's id: text, or bytes that pass through unread. */
export type UpstreamAnswer = string | Uint8Array | ReadableStream<Uint8Array>;

export interface UpstreamStatus {
  readonly state: ServerState;
  /** Why the state is not `ready`. */
  readonly reason?: string;
}

/**
 * A server as the gateway calls it, whatever runs behind it.
 *
 * `request` answers with the server's own message, errors included. It throws AppError:
 * `unavailable` where the request was not sent (`UPSTREAM_UNAVAILABLE`) or its answer was lost
 * (`UPSTREAM_LOST`, it may have run), `deadline`, `canceled`, `internal`/`UPSTREAM_BROKEN` for an answer that is no JSON-RPC.
 */
export interface Upstream {
  /** Connects in the background and keeps at it. */
  start(): void;
  /** Resolves when the server answers, with what it said to `initialize`. Throws like `request`. */
  ready(): Promise<InitializeResult>;
  request(call: UpstreamCall): Promise<UpstreamAnswer>;
  status(): UpstreamStatus;
  /** Stops whatever runs; no child is left when it resolves. */
  close(): Promise<void>;
}

/** What an upstream tells those who built it. */
export interface UpstreamEvents {
  /** The server said that a list changed, or it came (back), so that any may have. */
  listChanged(): void;
}

export const LIST_CHANGED = [
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
] as const;

export type ListChangedMethod = (typeof LIST_CHANGED)[number];

export function isListChanged(method: unknown): method is ListChangedMethod {
  return LIST_CHANGED.some((known) => known === method);
}
