import { callerOf, type Grant } from "../../api/grant.ts";
import type { Caller } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { ControlPlane } from "../control-plane.ts";

export interface GrantCacheOptions {
  readonly introspect: ControlPlane["introspect"];
  readonly clock: Clock;
  /** How long a good answer serves, in ms. */
  readonly positiveTtlMs: number;
  /** How long a bad one serves: short, so that a new token works at once. */
  readonly negativeTtlMs: number;
  /** Of good answers, and of bad ones: who guesses credentials pushes out no good answer. */
  readonly maxEntries: number;
}

/** A credential that is one at first sight. */
export interface PresentedCredential {
  readonly credential: string;
  /** Its SHA-256, in hex. */
  readonly hash: string;
}

/** Headers that are remembered; more are read anew. */
const MAX_PRESENTED = 1000;

interface Entry {
  /** Its rights are compiled once, for all requests that the answer serves. */
  readonly caller: Caller | undefined;
  /** When the answer is too old, and when what it opens expires by itself; ms since the epoch. */
  readonly until: number;
  readonly expiresAt: number;
}

/**
 * Answers for credentials by their SHA-256, asked of the control plane once for many requests.
 *
 * Callers that ask at the same moment share one question. A failure is never kept, and neither is an answer whose
 * question was asked before something was dropped: it may be what was true then. The grant's own expiry holds inside
 * the time an answer is kept.
 */
export class GrantCache {
  readonly #options: GrantCacheOptions;
  readonly #good = new Map<string, Entry>();
  readonly #bad = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<Entry>>();
  /** What was read from an Authorization header: clients send the same one again and again. */
  readonly #presented = new Map<string, PresentedCredential>();
  /** Counts drops. */
  #epoch = 0;

  constructor(options: GrantCacheOptions) {
    this.#options = options;
  }

  /** What was read from this header before; undefined where it was not, or that was forgotten. */
  presented(authorization: string): PresentedCredential | undefined {
    return this.#presented.get(authorization);
  }

  present(authorization: string, credential: PresentedCredential): void {
    if (this.#presented.size >= MAX_PRESENTED) this.#presented.clear();
    this.#presented.set(authorization, credential);
  }

  /** The caller where it is known now, `"ask"` where it is not: the hot path needs no promise. */
  known(hash: string): Caller | undefined | "ask" {
    const entry = this.#good.get(hash) ?? this.#bad.get(hash);
    const now = this.#options.clock.now().getTime();
    if (entry === undefined || entry.until <= now) return "ask";
    return liveCaller(entry, now);
  }

  /** Asks the control plane about the raw credential of this hash, which came from a client at `address`. Throws what it throws. */
  async ask(hash: string, credential: string, address?: string): Promise<Caller | undefined> {
    const entry = await (this.#asking.get(hash) ?? this.#begin(hash, credential, address));
    return liveCaller(entry, this.#options.clock.now().getTime());
  }

  /** Forgets the answer for this hash, or all of them. A question that is under way is asked again by who comes next. */
  drop(hash?: string): void {
    this.#epoch += 1;
    this.#asking.clear();
    for (const entries of [this.#good, this.#bad]) {
      if (hash === undefined) entries.clear();
      else entries.delete(hash);
    }
  }

  #begin(hash: string, credential: string, address: string | undefined): Promise<Entry> {
    const epoch = this.#epoch;
    const asking: Promise<Entry> = this.#question(credential, address)
      .then((entry) => {
        if (epoch === this.#epoch) this.#keep(hash, entry);
        return entry;
      })
      .finally(() => {
        if (this.#asking.get(hash) === asking) this.#asking.delete(hash);
      });
    this.#asking.set(hash, asking);
    return asking;
  }

  async #question(credential: string, address: string | undefined): Promise<Entry> {
    const { introspect, clock, positiveTtlMs, negativeTtlMs } = this.#options;
    const grant = await introspect(credential, address);
    const ttlMs = grant === undefined ? negativeTtlMs : positiveTtlMs;
    return { caller: grant && callerOf(grant), until: clock.now().getTime() + ttlMs, expiresAt: expiryOf(grant) };
  }

  #keep(hash: string, entry: Entry): void {
    const [kept, other] = entry.caller === undefined ? [this.#bad, this.#good] : [this.#good, this.#bad];
    other.delete(hash);
    kept.delete(hash);
    kept.set(hash, entry);
    const [oldest] = kept.keys();
    if (kept.size > this.#options.maxEntries && oldest !== undefined) kept.delete(oldest);
  }
}

function expiryOf(grant: Grant | undefined): number {
  return grant?.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(grant.expiresAt);
}

function liveCaller({ caller, expiresAt }: Entry, now: number): Caller | undefined {
  return expiresAt > now ? caller : undefined;
}
