import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { Keyring, SealingKey } from "../session/sealed-id.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Of the keyring's keys, those for messages between replicas: no session id passes for one. */
const PURPOSE = "mcpctl replica link 1";

/** Seals text so that only holders of the keyring read or make it: base64url of key number, nonce, ciphertext and tag. */
export function sealText(keyring: Keyring, text: string, purpose: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(keyring.current), nonce);
  cipher.setAAD(Buffer.from(purpose));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.from([keyring.current.number]), nonce, body, cipher.getAuthTag()]).toString("base64url");
}

/** The text of a sealed message with this purpose; undefined for anything else. */
export function openText(keyring: Keyring, sealed: string, purpose: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  const key = [keyring.current, ...keyring.previous].find(({ number }) => number === bytes[0]);
  if (key === undefined || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyOf(key), bytes.subarray(1, 1 + NONCE_BYTES));
    decipher.setAAD(Buffer.from(purpose));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

const derived = new WeakMap<SealingKey, Uint8Array>();

function keyOf(key: SealingKey): Uint8Array {
  const known = derived.get(key);
  if (known !== undefined) return known;
  const made = new Uint8Array(hkdfSync("sha256", key.key, new Uint8Array(0), PURPOSE, 32));
  derived.set(key, made);
  return made;
}
