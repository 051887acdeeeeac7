import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** A key of 32 bytes, told from others by its number (0-255). */
export interface SealingKey {
  readonly number: number;
  readonly key: Uint8Array;
}

/** The key that seals, and those that still open. Replicas share it. */
export interface Keyring {
  readonly current: SealingKey;
  readonly previous: readonly SealingKey[];
}

/** What a sealed text is for, as its first byte: none of one kind passes for one of another. */
export const SEALED = { session: 1, requestState: 2, task: 3 } as const;

type Kind = (typeof SEALED)[keyof typeof SEALED];

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 2 + NONCE_BYTES;

/**
 * Seals a text: base64url of kind, key number, nonce, AES-256-GCM ciphertext and tag. The first three are authenticated too.
 *
 * Nobody without the key can read or make one; what it carries is not in any store.
 */
export function seal(keyring: Keyring, kind: Kind, text: string): string {
  const head = Buffer.concat([Buffer.from([kind, keyring.current.number]), randomBytes(NONCE_BYTES)]);
  const cipher = createCipheriv("aes-256-gcm", keyring.current.key, head.subarray(2));
  cipher.setAAD(head);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([head, body, cipher.getAuthTag()]).toString("base64url");
}

/** The text of a sealed one of this kind of ours; undefined for anything else. */
export function unseal(keyring: Keyring, kind: Kind, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes[0] !== kind || bytes.toString("base64url") !== sealed) return undefined;
  const key = [keyring.current, ...keyring.previous].find(({ number }) => number === bytes[1]);
  if (key === undefined) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.key, bytes.subarray(2, HEAD_BYTES));
    decipher.setAAD(bytes.subarray(0, HEAD_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
