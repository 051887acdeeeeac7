import { ApiClient, type ApiClientOptions } from "../../api/api-client.ts";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { Clock } from "../../core/clock.ts";
import { hashToken } from "../../core/mcp-token.ts";
import type { IdentifiedCaller } from "./identified-caller.ts";

export interface TokenValidatorOptions {
  /** The identity provider's, without a slash at the end; it answers at `/v1/token/validate`. */
  readonly url: string;
  readonly clock: Clock;
  readonly fetch?: ApiClientOptions["fetch"];
  /** What the agent calls itself there. */
  readonly userAgent?: string;
  readonly timeoutMs?: number;
  readonly maxEntries?: number;
}

/** How long an answer serves: a revocation is seen that late at most. */
export const ANSWER_TTL_MS = 30_000;
/** How long it serves where the provider cannot be asked, to those who take a stale one. */
export const STALE_ANSWER_MS = 15 * 60_000;

const TIMEOUT_MS = 5000;
const MAX_ENTRIES = 1000;
/** Longer than what the provider takes; asking would tell nothing. */
const MAX_TOKEN_LENGTH = 8192;

interface Answer {
  readonly caller: IdentifiedCaller | undefined;
  /** Before that it was not known: a clock that was set back makes no answer last longer. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How long it serves as a stale one. */
  readonly staleUntilMs: number;
}

/**
 * Asks the identity provider whose a token is, and keeps each answer for 30 s by the token's SHA-256.
 *
 * Callers that ask for one token at the same moment share one question. That the provider could not be asked is never
 * kept; who only reads may take an answer that is older then. The token's own end holds within the time that an answer is kept.
 */
export class TokenValidator {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #maxEntries: number;
  /** By SHA-256 of the token, the oldest answer first. */
  readonly #answers = new Map<string, Answer>();
  readonly #asking = new Map<string, Promise<IdentifiedCaller | undefined>>();

  constructor({ url, clock, fetch, userAgent, timeoutMs = TIMEOUT_MS, maxEntries = MAX_ENTRIES }: TokenValidatorOptions) {
    this.#client = new ApiClient({
      baseUrl: url,
      bearer: undefined,
      fetch,
      timeoutMs,
      ...(userAgent === undefined ? {} : { headers: { "user-agent": userAgent } }),
    });
    this.#clock = clock;
    this.#maxEntries = maxEntries;
  }

  /** Undefined: the token opens nothing. Throws `unavailable` and others where nobody can tell. */
  async validate(token: string, { evenStale = false } = {}): Promise<IdentifiedCaller | undefined> {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const hash = hashToken(token);
    const known = this.#answers.get(hash);
    if (known !== undefined && this.#isWithin(known, known.untilMs)) return known.caller;
    const asked = this.#asking.get(hash) ?? this.#ask(hash, token);
    this.#asking.set(hash, asked);
    try {
      return await asked;
    } catch (thrown) {
      if (evenStale && known?.caller !== undefined && this.#isWithin(known, known.staleUntilMs)) return known.caller;
      throw thrown;
    }
  }

  #isWithin({ sinceMs }: Answer, untilMs: number): boolean {
    const now = this.#clock.now().getTime();
    return sinceMs <= now && now < untilMs;
  }

  async #ask(hash: string, token: string): Promise<IdentifiedCaller | undefined> {
    try {
      const askedAtMs = this.#clock.now().getTime();
      const reply = await this.#client.call(ENDPOINTS.agentAuth.validate, { body: { token } });
      const endsAtMs = reply.expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(reply.expires_at);
      const named = reply.valid && reply.username !== undefined && this.#clock.now().getTime() < endsAtMs;
      const caller = named
        ? { username: reply.username ?? "", roles: reply.roles ?? [], ...(reply.node === undefined ? {} : { node: reply.node }) }
        : undefined;
      const until = (forMs: number) => Math.min(askedAtMs + forMs, caller === undefined ? Infinity : endsAtMs);
      this.#keep(hash, { caller, sinceMs: askedAtMs, untilMs: until(ANSWER_TTL_MS), staleUntilMs: until(STALE_ANSWER_MS) });
      return caller;
    } finally {
      this.#asking.delete(hash);
    }
  }

  #keep(hash: string, answer: Answer): void {
    this.#answers.delete(hash);
    this.#answers.set(hash, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > this.#maxEntries && oldest !== undefined) this.#answers.delete(oldest);
  }
}
