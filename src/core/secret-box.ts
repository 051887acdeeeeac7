import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AppError } from "./app-error.ts";

/** A key of 32 bytes, told from others by its number. */
export interface SecretKey {
  readonly number: number;
  readonly key: Uint8Array;
}

/** The key that seals, and those that still open what was sealed before it. */
export interface SecretKeyring {
  readonly current: SecretKey;
  readonly previous: readonly SecretKey[];
}

/** Encrypts what is kept at rest. */
export interface SecretBox {
  /** `owner` is the id of the row that holds it: moved to another one, it does not open. */
  seal(value: string, owner: string): string;
  /** Throws `internal`/`SECRET_UNREADABLE` for what this keyring has not sealed for this owner. */
  open(sealed: string, owner: string): string;
}

const FORMAT = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM with a random nonce: `v1.<key number>.<base64url of nonce, ciphertext and tag>`. */
export function secretBox(keyring: SecretKeyring): SecretBox {
  return {
    seal(value, owner) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", keyring.current.key, nonce);
      cipher.setAAD(Buffer.from(owner));
      const body = Buffer.concat([nonce, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${FORMAT}.${keyring.current.number}.${body.toString("base64url")}`;
    },
    open(sealed, owner) {
      const [format, number, text = "", ...rest] = sealed.split(".");
      const bytes = Buffer.from(text, "base64url");
      const whole = format === FORMAT && rest.length === 0 && bytes.length >= NONCE_BYTES + TAG_BYTES;
      if (!whole || bytes.toString("base64url") !== text) throw unreadable("it is damaged");
      const key = [keyring.current, ...keyring.previous].find((each) => String(each.number) === number);
      if (key === undefined) throw unreadable(`it was encrypted with key ${Number(number)}, which is not here`);
      return decrypt(key.key, bytes, owner);
    },
  };
}

function decrypt(key: Uint8Array, bytes: Buffer, owner: string): string {
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(owner));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw unreadable("it is damaged, or the key is another one", cause);
  }
}

function unreadable(why: string, cause?: unknown): AppError {
  return new AppError("internal", "SECRET_UNREADABLE", `An encrypted value cannot be read: ${why}`, {
    cause,
    hint: "was the installation's master key replaced? Put it back, or give the value anew",
  });
}
