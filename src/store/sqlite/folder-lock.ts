import { Database, SQLiteError } from "bun:sqlite";
import { AppError } from "../../core/app-error.ts";

/** Held while this process owns a data folder. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process. Throws `conflict`/`DATA_FOLDER_HELD` where another one has it.
 *
 * The lock is SQLite's own exclusive file lock on a file that holds nothing: the kernel drops it
 * however the process ends, kill -9 included, and children do not inherit it.
 */
export function lockFolder(lockFile: string): FolderLock {
  const database = new Database(lockFile, { create: true, readwrite: true });
  try {
    database.run("PRAGMA busy_timeout = 0");
    database.run("PRAGMA journal_mode = DELETE");
    database.run("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if (!(cause instanceof SQLiteError) || cause.code !== "SQLITE_BUSY") throw cause;
    throw new AppError("conflict", "DATA_FOLDER_HELD", "Another process holds the data folder", { cause });
  }
  return { release: () => database.close() };
}
