import { AppError } from "../../core/app-error.ts";
import type { Caller } from "../../core/caller.ts";
import type { CallSignal } from "../../core/cancel-signal.ts";
import type { LegacyRevision } from "../../mcp/eras/2025-11-25/revisions.ts";
import type { Peer } from "../upstream/peer.ts";

/** What a session is bound to for its whole life; its sealed id carries this. */
export interface SessionClaims {
  /** 128 random bits in hex: what makes this session itself. */
  readonly id: string;
  /** Who opened it, as `<kind>:<id>`; nobody else may use it. */
  readonly principalId: string;
  /** The project's id: another one of its name is another project. Undefined on a route of one server without one. */
  readonly project: string | undefined;
  /** The server's handle on a route of one server. */
  readonly server: string | undefined;
  readonly revision: LegacyRevision;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** What the client offers, and who it says it is, as in its `initialize`. */
  readonly capabilities?: Readonly<Record<string, unknown>>;
  readonly clientInfo?: Readonly<Record<string, unknown>>;
}

const NONE = {};

/** Sends one message to the client on its open stream. */
export type StreamSink = (message: string) => void;

/**
 * What this process holds for a session: calls in flight, open streams, what servers keep for it.
 *
 * It is made when first needed and may be dropped at any time: the sealed id brings it back.
 */
export class LiveSession implements Peer {
  readonly claims: SessionClaims;
  readonly #calls = new Map<string, CallSignal>();
  /** Each with what ends its stream. */
  readonly #sinks = new Map<StreamSink, () => void>();
  readonly #releases = new Set<() => void>();
  readonly #listeners = new Set<(listens: boolean) => void>();
  lastUsedAt: number;
  /** Who used it last, with the rights they had then. */
  caller: Caller | undefined;

  constructor(claims: SessionClaims, now: number) {
    this.claims = claims;
    this.lastUsedAt = now;
    this.caller = undefined;
  }

  /** Whether dropping it now would be noticed by nobody. */
  get idle(): boolean {
    return this.#calls.size === 0 && this.#sinks.size === 0;
  }

  /** Streams that its client listens on. */
  get streams(): number {
    return this.#sinks.size;
  }

  /** Enters a call under its id; the answer takes it out again. Throws `conflict`/`ID_IN_USE`. */
  enter(idText: string, signal: CallSignal): () => void {
    const id = canonical(idText);
    if (this.#calls.has(id)) throw new AppError("conflict", "ID_IN_USE", `A request with id ${idText.slice(0, 64)} is in flight already`);
    this.#calls.set(id, signal);
    return () => this.#calls.delete(id);
  }

  /** Cancels the call with this id, written as JSON.stringify writes it; unknown ids are nothing. */
  cancel(idText: string): void {
    this.#calls.get(idText)?.abort();
  }

  get capabilities(): Readonly<Record<string, unknown>> {
    return this.claims.capabilities ?? NONE;
  }

  get clientInfo(): Readonly<Record<string, unknown>> | undefined {
    return this.claims.clientInfo;
  }

  get listens(): boolean {
    return this.#sinks.size > 0;
  }

  onListening(listener: (listens: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  attach(sink: StreamSink, end: () => void): () => void {
    this.#sinks.set(sink, end);
    if (this.#sinks.size === 1) this.#tellListeners();
    return () => {
      if (this.#sinks.delete(sink) && this.#sinks.size === 0) this.#tellListeners();
    };
  }

  #tellListeners(): void {
    for (const listener of [...this.#listeners]) listener(this.listens);
  }

  /** Ends its open streams; the session goes on. */
  endStreams(): void {
    for (const end of [...this.#sinks.values()]) end();
  }

  /** Tells the client on one of its streams: a message goes out once, says the specification. */
  readonly push = (message: string): void => {
    const [first] = this.#sinks.keys();
    first?.(message);
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
  }
}

/** One text for an id however it was written: `7.0` is 7, and `"\u0041"` is "A". */
function canonical(idText: string): string {
  return JSON.stringify(JSON.parse(idText));
}
