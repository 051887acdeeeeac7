import type { Clock } from "../../core/clock.ts";
import type { ControlPlane, Grant } from "../control-plane.ts";

export interface GrantCacheOptions {
  readonly introspect: ControlPlane["introspect"];
  readonly clock: Clock;
  /** How long a good answer serves, in ms. */
  readonly positiveTtlMs: number;
  /** How long a bad one serves: short, so that a new token works at once. */
  readonly negativeTtlMs: number;
  readonly maxEntries: number;
}

interface Entry {
  readonly grant: Grant | undefined;
  readonly until: number;
}

/**
 * Answers for credentials by their hash, asked of the control plane once for many requests.
 *
 * Callers that ask at the same moment share one question. A failure is never kept. The grant's own
 * expiry holds inside the time an answer is kept.
 */
export class GrantCache {
  readonly #options: GrantCacheOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<Grant | undefined>>();

  constructor(options: GrantCacheOptions) {
    this.#options = options;
  }

  /** The grant where it is known now, `"ask"` where it is not: the hot path needs no promise. */
  known(hash: string): Grant | undefined | "ask" {
    const entry = this.#entries.get(hash);
    const now = this.#options.clock.now().getTime();
    if (entry === undefined || entry.until <= now) return "ask";
    return liveGrant(entry.grant, now);
  }

  /** Asks the control plane. Throws what it throws. */
  async ask(hash: string): Promise<Grant | undefined> {
    const asked = this.#asking.get(hash) ?? this.#begin(hash);
    return liveGrant(await asked, this.#options.clock.now().getTime());
  }

  #begin(hash: string): Promise<Grant | undefined> {
    const asking = this.#options
      .introspect(hash)
      .then((grant) => {
        this.#keep(hash, grant);
        return grant;
      })
      .finally(() => this.#asking.delete(hash));
    this.#asking.set(hash, asking);
    return asking;
  }

  #keep(hash: string, grant: Grant | undefined): void {
    const { clock, positiveTtlMs, negativeTtlMs, maxEntries } = this.#options;
    this.#entries.delete(hash);
    this.#entries.set(hash, { grant, until: clock.now().getTime() + (grant === undefined ? negativeTtlMs : positiveTtlMs) });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest);
  }
}

function liveGrant(grant: Grant | undefined, now: number): Grant | undefined {
  return grant?.expiresAt !== undefined && grant.expiresAt.getTime() <= now ? undefined : grant;
}
