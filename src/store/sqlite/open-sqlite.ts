import { Kysely } from "kysely";
import type { Schema } from "../schema.ts";
import { bunSqliteDialect } from "./bun-sqlite-dialect.ts";
import { openDatabaseFile } from "./open-database-file.ts";

/** Opens mcpd's database, as `openDatabaseFile` does. */
export function openSqlite(file: string): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: bunSqliteDialect(openDatabaseFile(file)) });
}
