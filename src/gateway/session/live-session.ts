import { AppError } from "../../core/app-error.ts";
import type { Caller } from "../../core/caller.ts";
import type { CallSignal } from "../../core/cancel-signal.ts";
import { type LegacyRevision, resumesStreams } from "../../mcp/eras/2025-11-25/revisions.ts";
import { mayHearOf } from "../access/may-hear-of.ts";
import { listChangedText } from "../catalog/list-changed-text.ts";
import type { PeerSource } from "../peers/peer-source.ts";
import { ClientSubscriptions } from "../subscription/client-subscriptions.ts";
import { resourceUpdatedMessage } from "../subscription/resource-updated-message.ts";
import type { Peer } from "../upstream/peer.ts";
import type { ListChangedMethod } from "../upstream/upstream.ts";
import { SessionStreams, type StreamContext } from "./session-streams.ts";

/** What a session is bound to for its whole life; its sealed id carries this. */
export interface SessionClaims {
  /** 128 random bits in hex: what makes this session itself. */
  readonly id: string;
  /** Who opened it, as `<kind>:<id>`; nobody else may use it. */
  readonly principalId: string;
  /** The project's id: another one of its name is another project. Undefined on a route of one server without one. */
  readonly project: string | undefined;
  /** The server's id on a route of one server. */
  readonly server: string | undefined;
  readonly revision: LegacyRevision;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** The process that opened it: where its calls and streams most likely are. */
  readonly opener?: string;
  /** What the client offers, and who it says it is, as in its `initialize`. */
  readonly capabilities?: Readonly<Record<string, unknown>>;
  readonly clientInfo?: Readonly<Record<string, unknown>>;
}

/** Where all that a client is told goes which has one stream for everything. */
export interface Voice {
  say(message: string): void;
  /** The session is over. */
  close(): void;
}

const NONE = {};
const MAX_SUBSCRIPTIONS = 1000;

/**
 * What this process holds for a session: calls in flight, open streams, what servers keep for it.
 *
 * It is made when first needed and may be dropped at any time: the sealed id brings it back.
 */
export class LiveSession implements Peer, PeerSource {
  readonly claims: SessionClaims;
  readonly #streamContext: StreamContext;
  readonly #calls = new Map<string, CallSignal>();
  readonly #releases = new Set<() => void>();
  readonly #listeners = new Set<(listens: boolean) => void>();
  #streams: SessionStreams | undefined;
  #subscriptions: ClientSubscriptions | undefined;
  #voice: Voice | undefined;
  lastUsedAt: number;
  /** Who used it last, with the rights they had then. */
  caller: Caller | undefined;
  /** What the client asked servers to log. */
  logLevel: string | undefined;

  constructor(claims: SessionClaims, now: number, streamContext: StreamContext) {
    this.claims = claims;
    this.#streamContext = streamContext;
    this.lastUsedAt = now;
    this.caller = undefined;
    this.logLevel = undefined;
  }

  /** Whether dropping it now would be noticed by nobody. */
  get idle(): boolean {
    return this.#calls.size === 0 && !this.listens;
  }

  get principalId(): string {
    return this.claims.principalId;
  }

  get project(): string | undefined {
    return this.claims.project;
  }

  get server(): string | undefined {
    return this.claims.server;
  }

  /** A session is the same client to every server. */
  peerFor(): Peer {
    return this;
  }

  /** Enters a call under its id; the answer takes it out again. Throws `conflict`/`ID_IN_USE`. */
  enter(idText: string, signal: CallSignal): () => void {
    const id = canonical(idText);
    if (this.#calls.has(id)) throw new AppError("conflict", "ID_IN_USE", `A request with id ${idText.slice(0, 64)} is in flight already`);
    this.#calls.set(id, signal);
    return () => this.#calls.delete(id);
  }

  /** Cancels the call with this id, written as JSON.stringify writes it. False: there is none here. */
  cancel(idText: string): boolean {
    const signal = this.#calls.get(idText);
    signal?.abort();
    return signal !== undefined;
  }

  get capabilities(): Readonly<Record<string, unknown>> {
    return this.claims.capabilities ?? NONE;
  }

  /** Nothing may be asked of the client. */
  get offersNothing(): boolean {
    return this.claims.capabilities === undefined;
  }

  get clientInfo(): Readonly<Record<string, unknown>> | undefined {
    return this.claims.clientInfo;
  }

  get listens(): boolean {
    return this.#voice !== undefined || this.#streams?.listens === true;
  }

  /** Streams that its client has open outside of calls, or may come back to. */
  get openStreams(): number {
    return this.#streams?.general ?? 0;
  }

  onListening(listener: (listens: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get streams(): SessionStreams {
    this.#streams ??= new SessionStreams(this.#streamContext, resumesStreams(this.claims.revision), () => {
      for (const listener of [...this.#listeners]) listener(this.listens);
    });
    return this.#streams;
  }

  /** The resources that its client wants to hear of. */
  get subscriptions(): ClientSubscriptions {
    this.#subscriptions ??= new ClientSubscriptions(MAX_SUBSCRIPTIONS, (uri, { handle }) => {
      if (mayHearOf(this.caller, handle)) this.push(resourceUpdatedMessage(uri));
    });
    return this.#subscriptions;
  }

  /** Ends its open streams outside of calls; the session goes on. */
  endStreams(): void {
    this.#streams?.endGeneral();
  }

  listChanged(method: ListChangedMethod): void {
    this.push(listChangedText(method));
  }

  /** Its client has this one stream for everything, and listens for as long as the session lasts. */
  speakBy(voice: Voice): void {
    this.#voice = voice;
  }

  /** What is said in the midst of a call goes where all the rest goes. */
  get hasOneStream(): boolean {
    return this.#voice !== undefined;
  }

  /** Tells the client outside of any call. */
  readonly push = (message: string): void => {
    if (this.#voice === undefined) this.streams.push(message);
    else this.#voice.say(message);
  };

  /** Registers what must be let go with this session; returns what takes it back. */
  onClose(release: () => void): () => void {
    this.#releases.add(release);
    return () => this.#releases.delete(release);
  }

  /** Cancels its calls, for this reason where there is one to tell, and lets go of all it holds. */
  close(reason?: AppError): void {
    for (const signal of this.#calls.values()) signal.abort(reason);
    for (const release of [...this.#releases].toReversed()) release();
    this.#releases.clear();
    this.#subscriptions?.close();
    this.#streams?.close();
    this.#voice?.close();
  }
}

const PLAIN_ID = /^(?:0|[1-9]\d{0,14})$/;

/** One text for an id however it was written: `7.0` is 7, and `"\u0041"` is "A". */
function canonical(idText: string): string {
  // What nearly every id is: a number as JSON.stringify writes it.
  if (PLAIN_ID.test(idText)) return idText;
  return JSON.stringify(JSON.parse(idText));
}
