import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { AppError } from "../../core/app-error.ts";

/**
 * Opens a database file (made with mode 0600 where there is none; ":memory:" for tests), with foreign keys on.
 *
 * A commit is on disk before it returns (WAL with synchronous=FULL). Throws
 * `internal`/`DATABASE_DAMAGED` where the file fails SQLite's own check, `unavailable`/`DATABASE_UNWRITABLE` where it
 * cannot be written.
 */
export function openDatabaseFile(file: string): Database {
  // SQLite gives its -wal and -shm files the mode of the main file.
  if (file !== ":memory:") makeFile(file);
  const database = new Database(file, { create: true, readwrite: true });
  prepare(database, file);
  return database;
}

function makeFile(file: string): void {
  try {
    closeSync(openSync(file, "a", 0o600));
  } catch (cause) {
    throw unwritable(file, (cause as NodeJS.ErrnoException).code ?? "", cause);
  }
}

export function unwritable(file: string, code: string, cause: unknown): AppError {
  return new AppError("unavailable", "DATABASE_UNWRITABLE", `The database ${file} cannot be read or written (${code})`, {
    cause,
    hint: "look at its disk, how that is mounted, and whose the file is",
  });
}

function prepare(database: Database, file: string): void {
  const damage = (problem: string, cause?: unknown) =>
    new AppError("internal", "DATABASE_DAMAGED", `The database ${file} is damaged: ${problem}`, {
      cause,
      hint: "restore it from a snapshot, or move it away to start anew",
    });
  try {
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = FULL");
    database.run("PRAGMA foreign_keys = ON");
    database.run("PRAGMA busy_timeout = 5000");
    const row = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
    if (row?.quick_check !== "ok") throw damage(row?.quick_check ?? "the check gave no answer");
  } catch (thrown) {
    database.close();
    if (thrown instanceof AppError || !isDamage(thrown)) throw thrown;
    throw damage(thrown.message, thrown);
  }
}

/** Not every failure is one of the file's content: a full disk or a folder without rights is no reason to restore. */
function isDamage(thrown: unknown): thrown is SQLiteError {
  return thrown instanceof SQLiteError && /^SQLITE_(CORRUPT|NOTADB)/.test(thrown.code ?? "");
}
