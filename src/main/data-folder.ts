import { accessSync, chmodSync, constants, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { AppError } from "../core/app-error.ts";

/** Where an installation keeps everything, and what its files are called. */
export interface DataFolder {
  readonly path: string;
  readonly database: string;
  readonly lock: string;
  readonly instance: string;
  readonly masterKey: string;
  /** Which chain of the audit log this folder's process writes. */
  readonly auditWriter: string;
  /** Signed places in that chain, apart from the database. */
  readonly auditCheckpoints: string;
  /** Results of dispatched calls that are too large for their tasks. */
  readonly taskResults: string;
  /** What the demo's `files` server serves. */
  readonly files: string;
}

export interface DataFolderPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of this checkout; undefined for an installed executable. */
  readonly checkout: string | undefined;
}

/** The folder that was asked for, else the checkout's `.mcpctl`, else the XDG data folder. Nothing is made. */
export function dataFolderAt(asked: string | undefined, { env, checkout }: DataFolderPlace): DataFolder {
  const path = resolve(asked ?? (checkout === undefined ? xdgFolder(env) : join(checkout, ".mcpctl")));
  return {
    path,
    database: join(path, "mcpctl.db"),
    lock: join(path, "lock"),
    instance: join(path, "instance.json"),
    masterKey: env.MCPD_MASTER_KEY_FILE === undefined ? join(path, "master.key") : resolve(env.MCPD_MASTER_KEY_FILE),
    auditWriter: join(path, "audit-writer"),
    auditCheckpoints: join(path, "audit-checkpoints.jsonl"),
    taskResults: join(path, "task-results"),
    files: join(path, "files"),
  };
}

/** Makes the folder, for its owner alone. Throws `precondition`/`DATA_FOLDER_UNUSABLE`. */
export function prepareDataFolder({ path }: DataFolder): void {
  const unusable = (why: string, cause?: unknown) =>
    new AppError("precondition", "DATA_FOLDER_UNUSABLE", `The data folder ${path} ${why}`, {
      cause,
      hint: "give another one with --data-dir, or make this one writable",
    });
  try {
    const made = mkdirSync(path, { recursive: true, mode: 0o700 });
    if (made !== undefined) chmodSync(path, 0o700);
  } catch (cause) {
    const isThere = (cause as { code?: unknown } | null)?.code === "EEXIST";
    throw unusable(isThere ? "is no folder" : "cannot be made", cause);
  }
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unusable("is not writable", cause);
  }
}

function xdgFolder(env: DataFolderPlace["env"]): string {
  const base = env.XDG_DATA_HOME;
  // The specification says that a relative one is to be ignored.
  return join(base?.startsWith("/") ? base : join(homedir(), ".local", "share"), "mcpctl");
}
