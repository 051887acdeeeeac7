import type { Kysely } from "kysely";
import { type DatabaseUrl, parseDatabaseUrl } from "./database-url.ts";
import type { Engine } from "./engine.ts";
import type { Schema } from "./schema.ts";
import { openSqlite } from "./sqlite/open-sqlite.ts";

export interface OpenDatabase {
  /** Destroy it to close every connection. */
  readonly db: Kysely<Schema>;
  readonly engine: Engine;
}

/**
 * Opens the database that a URL names (`parseDatabaseUrl` says which) and sees that it answers. Its schema is left as it is.
 *
 * Throws `invalid`/`DATABASE_URL_INVALID` and `DATABASE_CA_UNREADABLE`, `unavailable`/`DATABASE_UNREACHABLE`,
 * `precondition`/`DATABASE_UNSUITABLE`, and `internal`/`DATABASE_DAMAGED` for an SQLite file.
 */
export async function openDatabase(url: string): Promise<OpenDatabase> {
  const parsed = parseDatabaseUrl(url);
  return { db: await open(parsed), engine: parsed.engine };
}

/** The drivers are loaded when they are needed: they cost a start on SQLite 50 ms. */
async function open(url: DatabaseUrl): Promise<Kysely<Schema>> {
  if (url.engine === "sqlite") return openSqlite(url.file);
  if (url.engine === "postgres") return (await import("./postgres/open-postgres.ts")).openPostgres(url);
  return (await import("./mysql/open-mysql.ts")).openMysql(url);
}
