import { afterAll, setDefaultTimeout } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { requires } from "../../test/support/requires.ts";
import { emptierOf } from "./empty-tables.fixture.ts";
import { openMemoryDatabase } from "./memory-database.fixture.ts";
import { migrateToLatest } from "./migrate.ts";
import { openDatabase } from "./open-database.ts";
import type { Schema } from "./schema.ts";
import { createDatabase, dropDatabase, TEST_SERVERS, type TestServer, urlOf } from "./server-databases.fixture.ts";

const TIMEOUT_MS = 60_000;

/** Runs a test on an empty database with this build's schema. */
export type WithDatabase = (run: (db: Kysely<Schema>) => Promise<void>) => Promise<void>;

/** The same with the database's URL, for those who need a connection of their own. */
export type WithServer = (run: (db: Kysely<Schema>, url: string) => Promise<void>) => Promise<void>;

/** Runs a test on a database without any table, given by its URL. */
export type WithUrl = (run: (url: string) => Promise<void>) => Promise<void>;

/**
 * Declares tests for every engine: `onEveryEngine((engine, withDatabase) => projectStoreContract(engine, …))`.
 *
 * SQLite always runs; Postgres and MariaDB where MCPCTL_TEST_POSTGRES_URL and MCPCTL_TEST_MYSQL_URL name a server.
 * Elsewhere one test that is left out, with the reason, stands for all of an engine's.
 */
export function onEveryEngine(declare: (engine: string, withDatabase: WithDatabase) => void): void {
  declare("SQLite", withMemoryDatabase);
  onServers(declare);
}

/** Declares tests for the engines that are servers, or for those of them that are named. */
export function onServers(declare: (engine: string, withServer: WithServer) => void, titles?: readonly TestServer["title"][]): void {
  for (const server of TEST_SERVERS.filter(({ title }) => titles?.includes(title) ?? true)) {
    if (isThere(server)) declare(server.title, sharedDatabase(server));
  }
}

/** Declares tests that make the schema themselves: each gets a new database, in a file where it is SQLite's. */
export function onEveryEngineEmpty(declare: (engine: string, withUrl: WithUrl) => void): void {
  declare("SQLite", withFile);
  for (const server of TEST_SERVERS) {
    if (isThere(server)) declare(server.title, (run) => withNewDatabase(server, run));
  }
}

/** Declares the test that stands for those left out where it is not. */
function isThere(server: TestServer): boolean {
  if (urlOf(server) === undefined) {
    requires(false, `${server.variable} names no server`)(`${server.title}: every test of this contract`, () => {});
    return false;
  }
  // The first test waits until the tables are made, on a machine that may be busy.
  setDefaultTimeout(TIMEOUT_MS);
  return true;
}

async function withMemoryDatabase(run: (db: Kysely<Schema>) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  try {
    await run(db);
  } finally {
    await db.destroy();
  }
}

async function withFile(run: (url: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-database-"));
  try {
    await run(`sqlite:${join(folder, "mcpctl.db")}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function withNewDatabase(server: TestServer, run: (url: string) => Promise<void>): Promise<void> {
  const url = await createDatabase(server);
  try {
    await run(url);
  } finally {
    await dropDatabase(server, url);
  }
}

interface SharedDatabase {
  readonly db: Kysely<Schema>;
  readonly url: string;
  readonly empty: () => Promise<void>;
}

const SHARED = new Map<TestServer, Promise<SharedDatabase>>();

/** One database for all tests of the file that calls this, made by the first of them, emptied before each and dropped at the end. */
function sharedDatabase(server: TestServer): WithServer {
  afterAll(() => dropShared(server), TIMEOUT_MS);
  return async (run) => {
    const shared = SHARED.get(server) ?? makeShared(server);
    SHARED.set(server, shared);
    const { db, url, empty } = await shared;
    await empty();
    await run(db, url);
  };
}

async function makeShared(server: TestServer): Promise<SharedDatabase> {
  const url = await createDatabase(server);
  const { db } = await openDatabase(url);
  await migrateToLatest(db);
  return { db, url, empty: await emptierOf(db) };
}

async function dropShared(server: TestServer): Promise<void> {
  const shared = SHARED.get(server);
  SHARED.delete(server);
  if (shared === undefined) return;
  const { db, url } = await shared;
  await db.destroy();
  await dropDatabase(server, url);
}
