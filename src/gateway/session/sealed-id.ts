import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { isLegacyRevision } from "../../mcp/eras/2025-11-25/revisions.ts";
import type { SessionClaims } from "./live-session.ts";

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

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 2 + NONCE_BYTES;
/** A header of this length passes every proxy; ours are about a third of it. */
const MAX_LENGTH = 1024;

/**
 * Seals claims into a session id: base64url of format, key number, nonce, AES-256-GCM ciphertext and tag.
 *
 * Nobody without the key can read or make one; what they carry is not in any store.
 */
export function sealSession(keyring: Keyring, claims: SessionClaims): string {
  const head = Buffer.concat([Buffer.from([FORMAT, keyring.current.number]), randomBytes(NONCE_BYTES)]);
  const cipher = createCipheriv("aes-256-gcm", keyring.current.key, head.subarray(2));
  cipher.setAAD(head);
  const body = Buffer.concat([cipher.update(JSON.stringify(claims), "utf8"), cipher.final()]);
  return Buffer.concat([head, body, cipher.getAuthTag()]).toString("base64url");
}

/** The claims of a session id of ours; undefined for anything else. */
export function openSession(keyring: Keyring, sealed: string): SessionClaims | undefined {
  if (sealed.length > MAX_LENGTH) return undefined;
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes[0] !== FORMAT || bytes.toString("base64url") !== sealed) return undefined;
  const key = [keyring.current, ...keyring.previous].find(({ number }) => number === bytes[1]);
  if (key === undefined) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.key, bytes.subarray(2, HEAD_BYTES));
    decipher.setAAD(bytes.subarray(0, HEAD_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
    return claimsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function claimsOf(value: SessionClaims): SessionClaims | undefined {
  return isLegacyRevision(value.revision) && typeof value.id === "string" ? value : undefined;
}
