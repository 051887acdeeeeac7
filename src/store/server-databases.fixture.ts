import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Engine } from "./engine.ts";
import { openDatabase } from "./open-database.ts";
import type { Schema } from "./schema.ts";

/** A server that tests may make databases on. */
export interface TestServer {
  readonly title: "Postgres" | "MariaDB";
  readonly engine: Exclude<Engine, "sqlite">;
  /** Where its URL stands. The user may create databases. */
  readonly variable: "MCPCTL_TEST_POSTGRES_URL" | "MCPCTL_TEST_MYSQL_URL";
}

export const TEST_SERVERS: readonly TestServer[] = [
  { title: "Postgres", engine: "postgres", variable: "MCPCTL_TEST_POSTGRES_URL" },
  { title: "MariaDB", engine: "mysql", variable: "MCPCTL_TEST_MYSQL_URL" },
];

/** What an operator's database may well have: an order by language, and on MySQL no difference between cases. */
const WORDLY_ORDER = {
  postgres: sql`template template0 encoding 'UTF8' locale_provider icu icu_locale 'en' locale 'C'`,
  mysql: sql`character set utf8mb4 collate utf8mb4_general_ci`,
} as const;

/** The URL that the environment gives, undefined where it gives none. */
export function urlOf(server: TestServer): string | undefined {
  return process.env[server.variable] || undefined;
}

/** Makes an empty database with a name of its own and gives its URL. Its own order is not that of bytes. */
export async function createDatabase(server: TestServer): Promise<string> {
  const name = `mcpctl_test_${randomBytes(6).toString("hex")}`;
  await onServer(server, (db) => sql`create database ${sql.id(name)} ${WORDLY_ORDER[server.engine]}`.execute(db));
  const url = new URL(urlOf(server) ?? "");
  url.pathname = `/${name}`;
  return url.href;
}

/** Drops what `createDatabase` has made, with whoever is still connected. */
export async function dropDatabase(server: TestServer, url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const force = server.engine === "postgres" ? sql` with (force)` : sql``;
  await onServer(server, (db) => sql`drop database if exists ${sql.id(name)}${force}`.execute(db));
}

async function onServer(server: TestServer, run: (db: Kysely<Schema>) => Promise<unknown>): Promise<void> {
  const { db } = await openDatabase(urlOf(server) ?? "");
  try {
    await run(db);
  } finally {
    await db.destroy();
  }
}
