import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { engineOf } from "../engine.ts";

/** A task that waits is a row of the same table, so that its key and its place in the queue commit together. */
export const taskQueueMigration: Migration = {
  async up(db: Kysely<unknown>) {
    // MySQL's text ends at 64 KiB.
    const long = engineOf(db) === "mysql" ? sql`mediumtext` : "text";
    const tasks = () => db.schema.alterTable("dispatch_tasks");
    // One at a time: SQLite adds no two columns in one statement.
    await tasks().addColumn("project", "varchar(190)").execute();
    await tasks().addColumn("server", "varchar(190)").execute();
    await tasks().addColumn("tool", "varchar(190)").execute();
    await tasks().addColumn("params", long).execute();
    await tasks().addColumn("caller", long).execute();
    for (const name of ["lane", "attempts", "repeatable", "cancel_asked"]) {
      await tasks()
        .addColumn(name, "integer", (c) => c.notNull().defaultTo(0))
        .execute();
    }
    await tasks()
      .addColumn("max_attempts", "integer", (c) => c.notNull().defaultTo(1))
      .execute();
    await tasks()
      .addColumn("turn", "bigint", (c) => c.notNull().defaultTo(0))
      .execute();
    await tasks().addColumn("run_at", "varchar(30)").execute();
    await tasks().addColumn("start_by", "varchar(30)").execute();
    await tasks().addColumn("last_error", "text").execute();
    await tasks().addColumn("progress", "text").execute();
    await tasks().addColumn("started_at", "varchar(30)").execute();
    await tasks().addColumn("finished_at", "varchar(30)").execute();
    await tasks().addColumn("updated_at", "varchar(30)").execute();
    for (const [name, columns] of INDEXES)
      await db.schema
        .createIndex(name)
        .on("dispatch_tasks")
        .columns([...columns])
        .execute();
    await db.schema
      .createTable("workers")
      .addColumn("name", "varchar(63)", (c) => c.primaryKey())
      .addColumn("kind", "varchar(190)", (c) => c.notNull())
      .addColumn("description", "varchar(500)", (c) => c.notNull())
      .addColumn("build", "varchar(63)", (c) => c.notNull())
      .addColumn("active", "integer", (c) => c.notNull())
      .addColumn("created_at", "varchar(30)", (c) => c.notNull())
      .addColumn("updated_at", "varchar(30)", (c) => c.notNull())
      .addColumn("seen_at", "varchar(30)")
      .execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.dropTable("workers").execute();
    for (const [name] of INDEXES) {
      const drop = db.schema.dropIndex(name);
      // An index belongs to its table on MySQL, and to the schema elsewhere.
      await (engineOf(db) === "mysql" ? drop.on("dispatch_tasks") : drop).execute();
    }
    for (const column of [...COLUMNS].reverse()) await db.schema.alterTable("dispatch_tasks").dropColumn(column).execute();
  },
};

/** Who is next; whose turn comes when; whose lease is over. */
const INDEXES = [
  ["dispatch_tasks_next", ["state", "lane", "turn", "created_at"]],
  ["dispatch_tasks_turns", ["principal", "state", "lane", "turn"]],
  ["dispatch_tasks_leases", ["state", "lease_until"]],
] as const;

const COLUMNS = [
  "project",
  "server",
  "tool",
  "params",
  "caller",
  "lane",
  "attempts",
  "repeatable",
  "cancel_asked",
  "max_attempts",
  "turn",
  "run_at",
  "start_by",
  "last_error",
  "progress",
  "started_at",
  "finished_at",
  "updated_at",
] as const;
