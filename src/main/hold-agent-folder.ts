import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../core/app-error.ts";
import { type FolderLock, lockFolder } from "../store/sqlite/folder-lock.ts";
import { readInstance, removeInstance, writeInstance } from "./instance-file.ts";

/**
 * Takes an agent's data folder (made for its owner alone where there is none) for this process, and says so in it. Throws
 * `conflict`/`DATA_FOLDER_HELD` with who has it, `precondition`/`DATA_FOLDER_UNUSABLE`.
 */
export function holdAgentFolder(folder: string, holder: { readonly pid: number; readonly startedAt: string }): FolderLock {
  const [lockFile, instance] = [join(folder, "agent.lock"), join(folder, "agent.json")];
  prepare(folder, lockFile);
  const lock = take(folder, lockFile, instance);
  try {
    writeInstance(instance, holder);
  } catch (cause) {
    lock.release();
    throw unusable(folder, cause);
  }
  return {
    release: () => {
      removeInstance(instance);
      lock.release();
    },
  };
}

function prepare(folder: string, lockFile: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Only a file that is not there: to open and close the one that is locked would let go of its lock (POSIX).
    if (!existsSync(lockFile)) writeFileSync(lockFile, "", { mode: 0o600, flag: "a" });
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

function unusable(folder: string, cause: unknown): AppError {
  const why = (cause as { code?: string }).code ?? "unknown cause";
  return new AppError("precondition", "DATA_FOLDER_UNUSABLE", `The data folder ${folder} cannot be used: ${why}`, {
    cause,
    hint: "name another one as agent.data_dir, or make this one writable",
  });
}

function take(folder: string, lockFile: string, instance: string): FolderLock {
  try {
    return lockFolder(lockFile);
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.reason !== "DATA_FOLDER_HELD") throw thrown;
    const holder = readInstance(instance);
    const who = holder === undefined ? "Another agent" : `Another agent (process ${holder.pid}, since ${holder.startedAt})`;
    throw new AppError("conflict", "DATA_FOLDER_HELD", `${who} holds the data folder ${folder}`, {
      hint: "a node has one agent: stop that one first",
    });
  }
}
