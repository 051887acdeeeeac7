import { hkdfSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { AppError } from "../core/app-error.ts";
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

/** Keys of one installation, the same for all of its processes that share the master key. */
export interface InstallationKeys {
  /** Seals the ids of gateway sessions. */
  readonly sessions: Uint8Array;
  /** Encrypts secrets. */
  readonly secrets: Uint8Array;
  /** Encrypts the private halves of the keys that sign JWTs. */
  readonly signingKeys: Uint8Array;
  /** Makes the keys with which gateways reach the components of nodes. */
  readonly nodes: Uint8Array;
  /** Signs checkpoints of the audit chain. */
  readonly auditCheckpoints: Uint8Array;
  /** What issuer and audience of JWTs are told by; no secret. */
  readonly installationId: string;
}

export function deriveKeys(masterKey: Uint8Array): InstallationKeys {
  const derive = (use: string, bytes = KEY_BYTES) =>
    new Uint8Array(hkdfSync("sha256", masterKey, new Uint8Array(0), `mcpctl ${use}`, bytes));
  return {
    sessions: derive("gateway sessions"),
    secrets: derive("secrets"),
    signingKeys: derive("signing keys"),
    nodes: derive("nodes"),
    auditCheckpoints: derive("audit checkpoints"),
    installationId: Buffer.from(derive("installation id", 12)).toString("hex"),
  };
}
