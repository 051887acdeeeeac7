import { waitOrAbort } from "../../../core/cancelable-wait.ts";
import { mayAskAnything } from "../may-ask.ts";
import type { Peer } from "../peer.ts";
import { type HttpSession, type HttpTarget, postAndForget } from "./http-exchange.ts";
import { endSession, openSession } from "./http-session.ts";
import type { LegacyFace } from "./legacy-side.ts";
import type { Listener } from "./server-message.ts";
import { readSessionStream, streamStart } from "./session-stream.ts";

/** Notifications of one client that may be on their way; one that sends faster than the server takes them loses the rest. */
const MAX_NOTICES = 64;

/** How long the first call of a session waits for its stream: some servers say nothing of it before they have something to say. */
const FIRST_STREAM_MS = 250;

/**
 * Which session of the server stands for which client. Each client has one of its own, opened when it first calls; nothing
 * is held for one that is gone.
 */
export class SessionTable {
  readonly #target: HttpTarget;
  readonly #timeoutMs: number;
  readonly #open = new Map<Peer, PeerSession>();
  #lastSharedId = 0;

  constructor(target: HttpTarget, timeoutMs: number) {
    this.#target = target;
    this.#timeoutMs = timeoutMs;
  }

  /** An id for a request to a server that tells no callers apart. */
  nextSharedId(): number {
    this.#lastSharedId += 1;
    return this.#lastSharedId;
  }

  get(connection: LegacyFace, peer: Peer | undefined): Promise<HttpSession> | HttpSession {
    // A server that gave the gateway no session keeps none for anybody.
    if (peer === undefined || connection.session.id === undefined) return connection.session;
    const entry = this.#open.get(peer);
    if (entry?.connection === connection) return entry.session ?? entry.opening;
    return this.#renew(connection, peer);
  }

  /** In place of `stale`, which the server no longer knows: calls that found that out together share one new session. */
  renewFrom(stale: HttpSession, connection: LegacyFace, peer: Peer): Promise<HttpSession> | HttpSession {
    const entry = this.#open.get(peer);
    if (entry === undefined || entry.session === stale) return this.#renew(connection, peer);
    return entry.session ?? entry.opening;
  }

  /** Passes a notification on to the session of this client, where there is one. */
  notify(peer: Peer, message: string): void {
    this.#open.get(peer)?.notify(message);
  }

  /** Ends all sessions; resolves when the server has been told. */
  async close(): Promise<void> {
    const entries = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(entries.map((entry) => entry.end()));
  }

  #renew(connection: LegacyFace, peer: Peer): Promise<HttpSession> {
    const stale = this.#open.get(peer);
    void stale?.end(stale.connection !== connection);
    const forget = () => {
      if (this.#open.get(peer) === entry) this.#open.delete(peer);
    };
    const entry: PeerSession = new PeerSession(this.#target, connection, peer, this.#timeoutMs, forget);
    this.#open.set(peer, entry);
    return entry.opening;
  }
}

/** One client's session: opening → open → over. */
class PeerSession {
  readonly connection: LegacyFace;
  readonly opening: Promise<HttpSession>;
  session: HttpSession | undefined;
  readonly #target: HttpTarget;
  readonly #peer: Peer;
  readonly #forget: () => void;
  readonly #releases: (() => void)[];
  /** Outlasts a client that looks away. */
  readonly #position = streamStart();
  #listening: AbortController | undefined;
  #tried: Promise<void> | undefined;
  #notices = 0;
  #noticed: Promise<unknown> = Promise.resolve();
  #over = false;

  /** `forget` runs once, when it is over for whatever reason. */
  constructor(target: HttpTarget, connection: LegacyFace, peer: Peer, timeoutMs: number, forget: () => void) {
    this.#target = target;
    this.connection = connection;
    this.#peer = peer;
    this.#forget = forget;
    this.#releases = [peer.onClose(() => void this.end()), peer.onListening(() => this.#listen())];
    this.opening = this.#begin(timeoutMs);
    this.opening.catch(() => this.end());
  }

  async #begin(timeoutMs: number): Promise<HttpSession> {
    const { session } = await openSession(this.#target, AbortSignal.timeout(timeoutMs), this.#peer);
    if (mayAskAnything(this.#peer.capabilities)) session.inFlight = new Set();
    this.session = session;
    this.#listen();
    // Servers ask on this stream too what they want to know for a call; what they say before it stands is lost.
    const tried = new AbortController();
    if (this.#tried === undefined) return session;
    void this.#tried.then(() => tried.abort());
    await waitOrAbort(FIRST_STREAM_MS, tried.signal);
    return session;
  }

  /** One after the other: a later notification may replace what an earlier one said. */
  notify(message: string): void {
    if (this.#notices >= MAX_NOTICES) return;
    this.#notices += 1;
    this.#noticed = this.#noticed
      .then(() => this.opening)
      .then((session) => (this.#over ? undefined : postAndForget(this.#target, session, message)))
      .catch(() => {})
      .then(() => {
        this.#notices -= 1;
      });
  }

  /** `known`: the server may still have it, and is told. */
  async end(known = true): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    for (const release of this.#releases) release();
    this.#listening?.abort();
    this.#forget();
    const session = await this.opening.catch(() => undefined);
    session?.questions.end();
    if (session !== undefined && known) await endSession(this.#target, session);
  }

  /** Reads the session's stream while its client reads one, or may be asked something. */
  #listen(): void {
    const { session } = this;
    const wanted = (this.#peer.listens || session?.inFlight !== undefined) && !this.#over && session !== undefined;
    if (wanted === (this.#listening !== undefined)) return;
    this.#listening?.abort();
    this.#listening = undefined;
    if (!wanted) return;
    const listening = new AbortController();
    this.#listening = listening;
    const { promise: tried, resolve: onTried } = Promise.withResolvers<void>();
    this.#tried = tried;
    void readSessionStream(this.#target, session, this.#listener(session), this.#position, listening.signal, onTried).then((over) => {
      // What the server says of it from now on is nothing; the next call opens another one.
      if (over !== undefined && this.#listening === listening) void this.end(false);
    });
  }

  /** What comes is its client's; where that reads no stream, it can but belong to the one call that is on its way. */
  #listener({ inFlight }: HttpSession): Listener {
    const { events } = this.#target;
    const peer = this.#peer;
    const only = () => (peer.listens || inFlight?.size !== 1 ? undefined : [...inFlight][0]);
    return {
      capabilities: peer.capabilities,
      ask: (question) => only()?.onQuestion?.(question) ?? events.asked(peer, question),
      onNotification(text) {
        const call = only();
        if (call?.onNotification === undefined) events.notified(peer, text);
        else call.onNotification(text);
      },
    };
  }
}
