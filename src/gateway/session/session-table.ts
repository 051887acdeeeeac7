import { createHash, randomBytes } from "node:crypto";
import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import { LiveSession, type SessionClaims } from "./live-session.ts";
import type { Keyring } from "./seal.ts";
import { openSession, sealSession } from "./sealed-id.ts";
import type { StreamContext } from "./session-streams.ts";

/** Where the end of a session is kept until its id could not be used any more. */
export interface EndedSessions {
  /** Durable when it resolves. */
  add(idHash: string, expiresAt: Date): Promise<void>;
  has(idHash: string): boolean;
}

export interface SessionTableOptions {
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly ended: EndedSessions;
  /** How long a session may live, from its start. */
  readonly absoluteLimitMs: number;
  /** How long what is held for an idle session is kept in memory. */
  readonly holdMs: number;
  readonly maxHeld: number;
  readonly streams: StreamContext;
}

/** The sessions that this process serves. What it holds is a cache: a sealed id brings a session back. */
export class SessionTable {
  readonly #options: SessionTableOptions;
  readonly #held = new Map<string, LiveSession>();
  /** The sealed ids of those that are held, by the hash of what they seal. */
  readonly #sealedByHash = new Map<string, string>();

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  /** Opens a session and returns its id. Nothing is held for it until it is used. */
  open(claims: Omit<SessionClaims, "id" | "issuedAt" | "opener">): string {
    const { clock, keyring, streams } = this.#options;
    const issuedAt = Math.floor(clock.now().getTime() / 1000);
    return sealSession(keyring, { ...claims, id: randomBytes(16).toString("hex"), issuedAt, opener: streams.self });
  }

  /** The session of this id; undefined for one that is unknown, ended or past its limit. */
  find(sealed: string): LiveSession | undefined {
    const now = this.#options.clock.now().getTime();
    const held = this.#held.get(sealed);
    if (held !== undefined) {
      if (now >= this.#limitOf(held.claims)) {
        this.#drop(sealed, held);
        return undefined;
      }
      held.lastUsedAt = now;
      return held;
    }
    const claims = openSession(this.#options.keyring, sealed);
    if (claims === undefined || now >= this.#limitOf(claims)) return undefined;
    const idHash = sessionHash(claims);
    if (this.#options.ended.has(idHash)) return undefined;
    const session = new LiveSession(claims, now, this.#options.streams);
    this.#held.set(sealed, session);
    this.#sealedByHash.set(idHash, sealed);
    if (this.#held.size > this.#options.maxHeld) this.#evict();
    return session;
  }

  /** Ends a session for good: its id opens nothing any more, here or after a restart. Resolves with when it could not be used any more in any case. */
  async end(sealed: string, session: LiveSession): Promise<Date> {
    const expiresAt = new Date(this.#limitOf(session.claims));
    await this.#options.ended.add(sessionHash(session.claims), expiresAt);
    this.#drop(sealed, session);
    return expiresAt;
  }

  /** Another replica has ended this session, and says so by the hash of its id. */
  endedElsewhere(idHash: string): void {
    const sealed = this.#sealedByHash.get(idHash);
    const session = this.heldBy(idHash);
    if (sealed !== undefined && session !== undefined) this.#drop(sealed, session);
  }

  /** The session with this hash of its id, where something is held for it. */
  heldBy(idHash: string): LiveSession | undefined {
    const sealed = this.#sealedByHash.get(idHash);
    return sealed === undefined ? undefined : this.#held.get(sealed);
  }

  /** Lets go of one whose ground is gone; its id is told to nobody. */
  drop(sealed: string): void {
    const session = this.#held.get(sealed);
    if (session !== undefined) this.#drop(sealed, session);
  }

  /** Ends the open streams of all who used a token of these hashes last. */
  endStreamsOf(tokenHashes: readonly string[]): void {
    for (const session of this.#held.values()) {
      const principal = session.caller?.principal;
      if (principal?.kind === "token" && tokenHashes.includes(principal.sha)) session.endStreams();
    }
  }

  /** Lets go of sessions whose ground is gone: their calls are told why. */
  dropWhere(isGone: (session: LiveSession) => boolean, reason: AppError): void {
    for (const [sealed, session] of this.#held) if (isGone(session)) this.#drop(sealed, session, reason);
  }

  /** Lets go of what is held for sessions that nobody used for a while. */
  sweep(): void {
    const before = this.#options.clock.now().getTime() - this.#options.holdMs;
    for (const [sealed, session] of this.#held) if (session.idle && session.lastUsedAt <= before) this.#drop(sealed, session);
  }

  *held(): Iterable<LiveSession> {
    yield* this.#held.values();
  }

  /** Lets go of all of them, because the gateway stops: calls in flight are told so. */
  closeAll(): void {
    const stopping = new AppError("canceled", "CALL_CANCELED", "The call was canceled: the gateway is stopping");
    for (const [sealed, session] of this.#held) this.#drop(sealed, session, stopping);
  }

  /** Makes room among the sessions of whoever has most, so that nobody pushes out another's: the longest held idle ones go, else the longest held. */
  #evict(): void {
    const byPrincipal = Map.groupBy(this.#held, ([, { claims }]) => claims.principalId);
    const most = [...byPrincipal.values()].reduce((one, other) => (other.length > one.length ? other : one));
    const entries = most.slice(0, Math.ceil(this.#options.maxHeld / 10));
    const idle = entries.filter(([, session]) => session.idle);
    for (const [sealed, session] of idle.length > 0 ? idle : entries.slice(0, 1)) this.#drop(sealed, session);
  }

  #drop(sealed: string, session: LiveSession, reason?: AppError): void {
    this.#held.delete(sealed);
    this.#sealedByHash.delete(sessionHash(session.claims));
    session.close(reason);
  }

  #limitOf(claims: SessionClaims): number {
    return claims.issuedAt * 1000 + this.#options.absoluteLimitMs;
  }
}

/** By what others may name a session who are not to use it. */
export function sessionHash(claims: SessionClaims): string {
  return createHash("sha256").update(claims.id).digest("hex");
}
