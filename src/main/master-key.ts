import { hkdfSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { AppError } from "../core/app-error.ts";
import type { Keyring } from "../gateway/session/sealed-id.ts";
import { writePrivateFile } from "./private-file.ts";

const KEY_BYTES = 32;

/** The installation's key, made on first start. All other keys are derived from it. Throws `internal`/`MASTER_KEY_DAMAGED`. */
export function readMasterKey(path: string): Uint8Array {
  if (!existsSync(path)) writePrivateFile(path, randomBytes(KEY_BYTES));
  const key = readFileSync(path);
  if (key.length === KEY_BYTES) return key;
  throw new AppError("internal", "MASTER_KEY_DAMAGED", `The key file ${path} is damaged: it must have ${KEY_BYTES} bytes`, {
    hint: "restore it from a backup",
  });
}

/** The keyring that seals gateway sessions. */
export function sessionKeyring(masterKey: Uint8Array): Keyring {
  const key = new Uint8Array(hkdfSync("sha256", masterKey, new Uint8Array(0), "mcpctl gateway sessions", KEY_BYTES));
  return { current: { number: 1, key }, previous: [] };
}
