import { existsSync, writeFileSync } from "node:fs";
import { AppError } from "../core/app-error.ts";
import { type FolderLock, lockFolder } from "../store/sqlite/folder-lock.ts";
import type { DataFolder } from "./data-folder.ts";
import { readInstance } from "./instance-file.ts";

/** Takes the folder for this process, or says who has it: throws `conflict`/`DATA_FOLDER_HELD`. */
export function holdDataFolder(folder: DataFolder): FolderLock {
  // Only a file that is not there: to open and close the one that is locked would let go of its lock (POSIX).
  if (!existsSync(folder.lock)) writeFileSync(folder.lock, "", { mode: 0o600, flag: "a" });
  try {
    return lockFolder(folder.lock);
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.reason !== "DATA_FOLDER_HELD") throw thrown;
    const holder = readInstance(folder.instance);
    const who = holder === undefined ? "Another mcpctl" : `Another mcpctl (process ${holder.pid}, since ${holder.startedAt})`;
    throw new AppError("conflict", "DATA_FOLDER_HELD", `${who} holds the data folder ${folder.path}`, {
      hint: "stop that one first, or give another folder with --data-dir",
    });
  }
}
