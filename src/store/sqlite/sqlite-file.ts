import { type Database, SQLiteError, type SQLQueryBindings, type Statement } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { AppError } from "../../core/app-error.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { openDatabaseFile, unwritable } from "./open-database-file.ts";

export type SqlValue = string | number | null;

/** A database of one process in plain SQL. Statements are prepared once, and each call is over when it returns. */
export interface SqliteFile {
  all<Row>(sql: string, ...values: readonly SqlValue[]): readonly Row[];
  /** Undefined where there is no row. */
  first<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined;
  /** How many rows it changed. */
  run(sql: string, ...values: readonly SqlValue[]): number;
  /** All that `work` does is on disk when it returns, or none of it is there. One within another is part of that. */
  transaction<T>(work: () => T): T;
  /** As `transaction`, but the last ones may go with the power: they reach the disk with the next that is not relaxed. */
  relaxed<T>(work: () => T): T;
  /** Writes a whole copy to a file that is not there yet, for its owner alone. */
  copyTo(file: string): void;
  close(): void;
}

/**
 * Opens a database that belongs to this process alone, and brings it to the schema of `migrations`: each is SQL and runs
 * once, in order; how many have run stands in `user_version`.
 *
 * Throws `conflict`/`DATA_FOLDER_HELD` where another process has it, `internal`/`DATABASE_DAMAGED`, and
 * `precondition`/`SCHEMA_NEWER`; the file is left as it is then. Every call of it may throw `exhausted`/`DISK_FULL` and
 * `unavailable`/`DATABASE_UNWRITABLE`.
 */
export function openSqliteFile(file: string, migrations: readonly string[]): SqliteFile {
  const lock = file === ":memory:" ? undefined : lockFolder(`${file}.lock`);
  try {
    const database = openDatabaseFile(file);
    try {
      migrate(database, file, migrations);
      return new OwnedFile(database, file, lock);
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  } catch (thrown) {
    lock?.release();
    throw thrown;
  }
}

function migrate(database: Database, file: string, migrations: readonly string[]): void {
  const version = database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (version > migrations.length) {
    throw new AppError("precondition", "SCHEMA_NEWER", `The database ${file} was written by a newer version (schema ${version})`, {
      hint: "start the newer version, or restore a snapshot that this one has written",
    });
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => database.run(`${sql}; PRAGMA user_version = ${index + 1}`)).immediate();
  }
}

class OwnedFile implements SqliteFile {
  readonly #database: Database;
  readonly #lock: FolderLock | undefined;
  /** By their SQL; as many as the code has texts. One that were left open would keep the -wal file beyond `close`. */
  readonly #statements = new Map<string, Statement<unknown, SQLQueryBindings[]>>();

  readonly #file: string;

  constructor(database: Database, file: string, lock: FolderLock | undefined) {
    this.#database = database;
    this.#file = file;
    this.#lock = lock;
  }

  all<Row>(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    return this.#onDisk(() => this.#statement(sql).all(...values) as Row[]);
  }

  first<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#onDisk(() => (this.#statement(sql).get(...values) as Row | null) ?? undefined);
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return this.#onDisk(() => this.#statement(sql).run(...values).changes);
  }

  transaction<T>(work: () => T): T {
    return this.#onDisk(() => this.#database.transaction(work).immediate() as T);
  }

  relaxed<T>(work: () => T): T {
    if (this.#database.inTransaction) return work();
    this.#database.run("PRAGMA synchronous = NORMAL");
    try {
      return this.transaction(work);
    } finally {
      this.#database.run("PRAGMA synchronous = FULL");
    }
  }

  copyTo(file: string): void {
    // SQLite writes into an empty file, and would make one that others may read.
    closeSync(openSync(file, "wx", 0o600));
    // Where this fails it is for the copy's disk, and not for ours.
    this.#statement("VACUUM INTO ?").run(file);
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    try {
      this.#database.close();
    } finally {
      this.#lock?.release();
    }
  }

  #onDisk<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw diskFault(this.#file, thrown) ?? thrown;
    }
  }

  #statement(sql: string): Statement<unknown, SQLQueryBindings[]> {
    const statement = this.#statements.get(sql) ?? this.#database.prepare<unknown, SQLQueryBindings[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** What has failed because of the disk; undefined: it was something else. */
function diskFault(file: string, thrown: unknown): AppError | undefined {
  const code = thrown instanceof SQLiteError ? (thrown.code ?? "") : "";
  if (code === "SQLITE_FULL") {
    return new AppError("exhausted", "DISK_FULL", `There is no room left on the disk of ${file}`, {
      cause: thrown,
      hint: "free some space; nothing of what was there is lost",
    });
  }
  if (!/^SQLITE_(IOERR|READONLY|CANTOPEN)/.test(code)) return undefined;
  return unwritable(file, code, thrown);
}
