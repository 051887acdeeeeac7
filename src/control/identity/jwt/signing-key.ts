import { DAY_MS } from "../session.ts";
import { JWT_LIFETIME_MS, JWT_SKEW_MS } from "./installation.ts";

/** A key as it is kept. */
export interface SigningKeyRecord {
  /** `k1`, `k2`, …: two processes that make the next key at one moment make one of the same name, and one of them wins. */
  readonly kid: string;
  /** The private JWK, sealed for its `kid`. */
  readonly ciphertext: string;
  /** JSON of the public JWK. */
  readonly publicJwk: string;
  readonly createdAt: Date;
  /** From here on it signs nothing new. */
  readonly retiresAt: Date;
  /** From here on nothing that it has signed is valid any more. */
  readonly expiresAt: Date;
}

export const SIGNING_PERIOD_MS = 30 * DAY_MS;

const KID = /^k([1-9]\d{0,8})$/;

export function isKid(text: string | undefined): text is string {
  return text !== undefined && KID.test(text);
}

function numberOf(kid: string): number {
  return Number(KID.exec(kid)?.[1] ?? 0);
}

/** The key that signs now, if there is one: the newest. */
export function signerOf<K extends Pick<SigningKeyRecord, "kid" | "retiresAt">>(keys: readonly K[], now: Date): K | undefined {
  const newest = newestOf(keys);
  return newest !== undefined && now < newest.retiresAt ? newest : undefined;
}

export function newestOf<K extends Pick<SigningKeyRecord, "kid">>(keys: readonly K[]): K | undefined {
  return keys.toSorted((left, right) => numberOf(left.kid) - numberOf(right.kid)).at(-1);
}

/** Name and times of the key that follows these. */
export function planNextKey(keys: readonly Pick<SigningKeyRecord, "kid">[], now: Date) {
  const retiresAt = new Date(now.getTime() + SIGNING_PERIOD_MS);
  const newest = newestOf(keys);
  return {
    kid: `k${(newest === undefined ? 0 : numberOf(newest.kid)) + 1}`,
    createdAt: now,
    retiresAt,
    expiresAt: new Date(retiresAt.getTime() + JWT_LIFETIME_MS + JWT_SKEW_MS),
  };
}
