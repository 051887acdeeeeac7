import { Kysely, PostgresDialect, type PostgresPool, sql } from "kysely";
import { type ClientBase, Pool } from "pg";
import { AppError } from "../../core/app-error.ts";
import { describeServer, type ServerUrl } from "../database-url.ts";
import type { Schema } from "../schema.ts";
import { ByteOrderPostgresCompiler } from "./byte-order-compiler.ts";
import { connectError, connectionConfig } from "./connection-config.ts";

/**
 * Opens a database on a Postgres server and sees that it answers.
 *
 * Throws `unavailable`/`DATABASE_UNREACHABLE`, here and whenever a connection cannot be made later on, and
 * `precondition`/`DATABASE_UNSUITABLE` where the database cannot hold all of Unicode.
 */
export async function openPostgres(url: ServerUrl): Promise<Kysely<Schema>> {
  const db = new Kysely<Schema>({ dialect: new ByteOrderPostgresDialect({ pool: poolOf(url) }) });
  try {
    await requireUnicode(db, url);
    return db;
  } catch (thrown) {
    await db.destroy();
    throw thrown;
  }
}

class ByteOrderPostgresDialect extends PostgresDialect {
  override createQueryCompiler() {
    return new ByteOrderPostgresCompiler();
  }
}

function poolOf(url: ServerUrl): PostgresPool {
  const pool = new Pool({ ...connectionConfig(url), max: url.poolSize, onConnect: prepare });
  // A connection that is lost leaves the pool, and whoever used it learns of it from the next query. The event tells
  // of it a second time, and without a listener would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      try {
        return await pool.connect();
      } catch (cause) {
        throw connectError(url, cause);
      }
    },
  };
}

/**
 * Settings that a database, a role or a server may have changed.
 *
 * No transaction of ours waits for anything but the database, so one that idles is cut off: of a machine that is
 * gone it would hold its locks for hours.
 */
const SETTINGS = `select set_config('timezone', 'UTC', false), set_config('default_transaction_isolation', 'read committed', false),
  set_config('standard_conforming_strings', 'on', false), set_config('idle_in_transaction_session_timeout', '60s', false)`;

async function prepare(client: ClientBase): Promise<void> {
  await client.query(SETTINGS);
}

async function requireUnicode(db: Kysely<Schema>, url: ServerUrl): Promise<void> {
  const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(db);
  const encoding = rows[0]?.server_encoding;
  if (encoding === "UTF8") return;
  throw new AppError(
    "precondition",
    "DATABASE_UNSUITABLE",
    `The ${describeServer(url)} has the encoding ${encoding}, which cannot hold every text`,
    {
      hint: "create the database anew with: create database NAME encoding 'UTF8' template template0",
    },
  );
}
