import { createLocalJWKSet, errors, type FlattenedJWSInput, type JWK, type JWTHeaderParameters } from "jose";
import { z } from "zod";
import { AppError } from "../../../core/app-error.ts";
import type { Clock } from "../../../core/clock.ts";
import type { OidcIssuer } from "./oidc-issuer.ts";

/** The JSON at a URL, bounded in size and time, without redirects, and only from addresses that are allowed. Throws for everything else. */
export type FetchJson = (url: string) => Promise<unknown>;

export interface IssuerKeysDeps {
  readonly fetchJson: FetchJson;
  readonly clock: Clock;
}

/** Keys of this age are fetched anew when they are needed. */
export const FRESH_MS = 10 * 60_000;
/** Keys of this age are not used any more, also where they cannot be fetched. */
export const MAX_AGE_MS = 60 * 60_000;
/** Nothing is fetched more often than this, whatever key ids are asked for. */
export const MIN_AGE_MS = 30_000;

const MAX_KEYS = 100;

const jwksSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(MAX_KEYS) });
const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string().max(500) });

type KeyOf = ReturnType<typeof createLocalJWKSet>;

interface FetchedKeys {
  readonly keyOf: KeyOf;
  readonly atMs: number;
}

/** Whose keys these are, and where: where no URL is given, its discovery document says it. */
export type KeySource = Pick<OidcIssuer, "issuer" | "jwksUrl">;

/** The public keys of one issuer: fetched when they are first needed, kept for a while, fetched once for many callers. */
export class IssuerKeys {
  readonly #issuer: KeySource;
  readonly #deps: IssuerKeysDeps;
  #fetched: FetchedKeys | undefined;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;
  #failure: unknown;

  constructor(issuer: KeySource, deps: IssuerKeysDeps) {
    this.#issuer = issuer;
    this.#deps = deps;
  }

  /** The key that a token's header names. Throws a JOSEError where there is none, `unavailable`/`JWKS_UNAVAILABLE`. */
  async keyOf(header: JWTHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const { keyOf, atMs } = await this.#keys();
    try {
      return await keyOf(header, token);
    } catch (thrown) {
      if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown;
    }
    // The issuer may have begun to sign with another key since.
    await this.#refetch();
    const renewed = this.#fetched;
    if (renewed === undefined || renewed.atMs === atMs) throw new errors.JWKSNoMatchingKey();
    return await renewed.keyOf(header, token);
  }

  async #keys(): Promise<FetchedKeys> {
    if (this.#ageMs() >= FRESH_MS) await this.#refetch();
    if (this.#fetched !== undefined && this.#ageMs() < MAX_AGE_MS) return this.#fetched;
    throw new AppError("unavailable", "JWKS_UNAVAILABLE", `The keys of ${this.#issuer.issuer} cannot be fetched`, {
      cause: this.#failure,
      retryAfterSeconds: MIN_AGE_MS / 1000,
    });
  }

  #ageMs(): number {
    return this.#fetched === undefined ? Number.POSITIVE_INFINITY : this.#deps.clock.now().getTime() - this.#fetched.atMs;
  }

  /** Fetches the keys if the last attempt is long enough ago; a failure is kept for whoever has no keys at all. */
  #refetch(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    const nowMs = this.#deps.clock.now().getTime();
    if (nowMs - this.#triedAtMs < MIN_AGE_MS) return Promise.resolve();
    this.#triedAtMs = nowMs;
    this.#fetching = this.#fetch(nowMs).then(
      () => {
        this.#failure = undefined;
        this.#fetching = undefined;
      },
      (thrown: unknown) => {
        this.#failure = thrown;
        this.#fetching = undefined;
      },
    );
    return this.#fetching;
  }

  async #fetch(atMs: number): Promise<void> {
    const { keys } = jwksSchema.parse(await this.#deps.fetchJson(await this.#jwksUrl()));
    this.#fetched = { keyOf: createLocalJWKSet({ keys: keys as unknown as JWK[] }), atMs };
  }

  async #jwksUrl(): Promise<string> {
    const { issuer, jwksUrl } = this.#issuer;
    if (jwksUrl !== undefined) return jwksUrl;
    const discovered = discoverySchema.parse(await this.#deps.fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`));
    // OpenID Connect Discovery 1.0, section 4.3.
    if (discovered.issuer !== issuer) throw new Error(`the discovery document is of ${discovered.issuer.slice(0, 200)}`);
    return discovered.jwks_uri;
  }
}
