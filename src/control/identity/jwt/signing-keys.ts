import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { z } from "zod";
import type { Clock } from "../../../core/clock.ts";
import type { SecretBox } from "../../../core/secret-box.ts";
import { resourceEvent } from "../../access/resource-event.ts";
import { systemActor } from "../../access/system-actor.ts";
import { isKid, newestOf, planNextKey, type SigningKeyRecord, signerOf } from "./signing-key.ts";
import type { SigningKeyStore } from "./signing-key-store.ts";

export interface SigningKeysDeps {
  readonly store: SigningKeyStore;
  /** Seals the private halves. */
  readonly box: SecretBox;
  readonly clock: Clock;
}

/** The one algorithm of our own JWTs: Ed25519. */
export const OWN_ALGORITHM = "EdDSA";

/** A key that was read and can be used. */
export interface UsableKey {
  readonly kid: string;
  readonly retiresAt: Date;
  readonly expiresAt: Date;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** Keys are read again when one is asked for that is not known, but not more often than this. */
const REREAD_MS = 1000;

const privateJwkSchema = z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), d: z.string() });

/**
 * The Ed25519 keys that sign and verify our JWTs: made on first use, followed by another after 30 days, and good for
 * verifying until the last token that they have signed has expired.
 *
 * Public halves come from the sealed private ones: who can write to the database but has not the master key cannot
 * plant a key of their own.
 */
export class SigningKeys {
  readonly #deps: SigningKeysDeps;
  #keys: readonly UsableKey[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #making: Promise<UsableKey> | undefined;

  constructor(deps: SigningKeysDeps) {
    this.#deps = deps;
  }

  /** The key that signs now; it is made where there is none. */
  async signer(): Promise<UsableKey> {
    const known = signerOf(this.#keys, this.#deps.clock.now());
    if (known !== undefined) return known;
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return await this.#making;
  }

  /** The public key of this name, if what it has signed may still be valid. */
  async verifier(kid: string | undefined): Promise<CryptoKey | undefined> {
    if (!isKid(kid)) return undefined;
    if (this.#find(kid) === undefined && this.#mayReread()) await this.#read();
    return this.#find(kid)?.publicKey;
  }

  /** The public keys, as others verify by them. One is made where there is none, so that there is always one to fetch. */
  async jwks(): Promise<readonly JWK[]> {
    if (this.#mayReread()) await this.#read();
    await this.signer();
    return this.#valid().map(({ publicJwk }) => publicJwk);
  }

  #find(kid: string): UsableKey | undefined {
    return this.#valid().find((key) => key.kid === kid);
  }

  #valid(): readonly UsableKey[] {
    const now = this.#deps.clock.now();
    return this.#keys.filter(({ expiresAt }) => now < expiresAt);
  }

  #mayReread(): boolean {
    return Math.abs(this.#deps.clock.now().getTime() - this.#readAtMs) >= REREAD_MS;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    const records = await this.#deps.store.all();
    const known = new Map(this.#keys.map((key) => [key.kid, key]));
    this.#keys = await Promise.all(records.map(async (record) => known.get(record.kid) ?? (await openKey(record, this.#deps.box))));
    this.#readAtMs = this.#deps.clock.now().getTime();
  }

  async #make(): Promise<UsableKey> {
    for (;;) {
      await this.#readNow();
      const { store, box, clock } = this.#deps;
      const signer = signerOf(this.#keys, clock.now());
      if (signer !== undefined) return signer;
      const record = await newKey(planNextKey(this.#keys, clock.now()), box);
      const what = { action: "key.create", resource: "keys", resourceName: record.kid, detail: { replaces: newestOf(this.#keys)?.kid } };
      // Where another process was first, its key is the one, and is read next.
      await store.add(record, resourceEvent(systemActor(), clock.now(), what));
    }
  }
}

async function newKey(plan: ReturnType<typeof planNextKey>, box: SecretBox): Promise<SigningKeyRecord> {
  const { privateKey } = await generateKeyPair(OWN_ALGORITHM, { crv: "Ed25519", extractable: true });
  const jwk = privateJwkSchema.parse(await exportJWK(privateKey));
  return { ...plan, ciphertext: box.seal(JSON.stringify(jwk), plan.kid), publicJwk: JSON.stringify(publicJwkOf(plan.kid, jwk)) };
}

/** Throws `internal`/`SECRET_UNREADABLE` where another master key has sealed it. */
async function openKey({ kid, ciphertext, retiresAt, expiresAt }: SigningKeyRecord, box: SecretBox): Promise<UsableKey> {
  const jwk = privateJwkSchema.parse(JSON.parse(box.open(ciphertext, kid)));
  const publicJwk = publicJwkOf(kid, jwk);
  const [privateKey, publicKey] = await Promise.all([importKey(jwk), importKey(publicJwk)]);
  return { kid, retiresAt, expiresAt, privateKey, publicKey, publicJwk };
}

function publicJwkOf(kid: string, { kty, crv, x }: z.infer<typeof privateJwkSchema>): JWK {
  return { kty, crv, x, kid, alg: OWN_ALGORITHM, use: "sig" };
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  return (await importJWK(jwk, OWN_ALGORITHM)) as CryptoKey;
}
