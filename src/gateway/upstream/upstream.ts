import type { ServerState } from "../../api/server-status.ts";
import type { CancelSignal } from "../../core/cancel-signal.ts";
import type { Era } from "../../mcp/classify.ts";
import type { CallTrace } from "../tracing/call-trace.ts";
import type { Peer } from "./peer.ts";

/** What a server answered to `initialize`. */
export interface InitializeResult {
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly instructions?: string;
}

/** What a server asks of a client: sampling, elicitation, roots. */
export interface Question {
  readonly method: string;
  /** JSON text of the params. */
  readonly paramsText: string | undefined;
  /** Aborted when nobody waits for the reply any more: the server has taken the question back, or its call is over. */
  readonly signal?: CancelSignal;
}

/** The client's answer to a question as JSON text: of the result, or of the error object. */
export type QuestionReply = { readonly resultText: string } | { readonly errorText: string };

/** One request to a server, in the server's own names. */
export interface UpstreamCall {
  /** Who calls; undefined where the gateway asks for itself. Servers that keep sessions get one for each peer. */
  readonly peer: Peer | undefined;
  /** The era in which the params are written and the answer is wanted, whatever the server speaks. */
  readonly era: Era;
  /** The id that the answer shall carry, as JSON text. */
  readonly idText: string;
  readonly method: string;
  /** JSON text of the params. */
  readonly paramsText: string | undefined;
  /** Takes each notification that belongs to this call, as the text of a message with the caller's progress token. */
  readonly onNotification: ((message: string) => void) | undefined;
  /**
   * Asks the caller in the midst of the call, for a server that speaks another way than the caller or keeps a session for
   * each peer. Never rejects: where the client is gone the reply is an error. Undefined: the caller cannot be asked.
   */
  readonly onQuestion: ((question: Question) => Promise<QuestionReply>) | undefined;
  /**
   * Hears that the server has ended its stream on purpose before the answer and is to be asked again after so many
   * milliseconds (SEP-1699). The call goes on.
   */
  readonly onPoll?: ((retryMs: number) => void) | undefined;
  /** Headers of a modern client that are to go on although this gateway does not know them: `Mcp-Param-*`, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Aborted when the caller cancels or the time is up: the server is told. */
  readonly signal: CancelSignal;
  /** What it takes along of the trace that it is part of. */
  readonly trace?: CallTrace | undefined;
}

/** A whole JSON-RPC message with the caller's id: text, or bytes that pass through unread. */
export type UpstreamAnswer = string | Uint8Array | ReadableStream<Uint8Array>;

export interface UpstreamStatus {
  readonly state: ServerState;
  /** Why the state is not `ready`. */
  readonly reason?: string;
  /** The same as the reason of an `AppError`, for who counts. */
  readonly cause?: string;
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
  /** Passes on a notification of a client, as its text, to what the server holds for it; where it holds nothing, nothing is said. */
  notify(peer: Peer, message: string): void;
  /**
   * Subscribes the gateway itself to a resource; its updates come by `UpstreamEvents.resourceUpdated`, after a loss of the
   * connection too. Resolves with the text of the JSON-RPC error object where the server refuses. Throws like `request`.
   */
  subscribe(uri: string): Promise<string | undefined>;
  /** Ends the subscription; one that is not there is nothing. Never throws. */
  unsubscribe(uri: string): void;
  /** Whether the server tells clients apart: only then it may ask one, or log to one. Known once it was ready. */
  keepsPeers(): boolean;
  /**
   * Whether the server itself answers modern requests, so that a retry with its own `requestState` may go to it. Known once
   * it was ready; where it is not here, what it said to `initialize` tells.
   */
  readonly speaksModern?: (() => boolean) | undefined;
  status(): UpstreamStatus;
  /** Stops whatever runs; no child is left when it resolves. */
  close(): Promise<void>;
}

/** What an upstream tells those who built it. */
export interface UpstreamEvents {
  /** The server said that a list changed, or it came (back), so that any may have. */
  listChanged(): void;
  /** A resource that the gateway has subscribed to is not what it was. */
  resourceUpdated(uri: string): void;
  /** The server says something to one client outside any call; the text of its message. */
  notified(peer: Peer, message: string): void;
  /** The server asks one client outside any call. Never rejects. */
  asked(peer: Peer, question: Question): Promise<QuestionReply>;
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
