import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { engineOf } from "../engine.ts";

/** Nothing refers to a task and it refers to nothing: its principal and its server may be gone before it is. */
export const dispatchTasksMigration: Migration = {
  async up(db: Kysely<unknown>) {
    // MySQL's text ends at 64 KiB.
    const long = engineOf(db) === "mysql" ? sql`mediumtext` : "text";
    await db.schema
      .createTable("dispatch_tasks")
      .addColumn("id", "varchar(40)", (c) => c.primaryKey())
      .addColumn("key_hash", "varchar(64)", (c) => c.notNull().unique())
      .addColumn("payload_hash", "varchar(64)", (c) => c.notNull())
      .addColumn("principal", "varchar(190)", (c) => c.notNull())
      .addColumn("target", "varchar(190)", (c) => c.notNull())
      .addColumn("idempotency_key", "varchar(255)", (c) => c.notNull())
      .addColumn("method", "varchar(100)", (c) => c.notNull())
      .addColumn("trace_id", "varchar(64)", (c) => c.notNull())
      .addColumn("state", "varchar(20)", (c) => c.notNull())
      .addColumn("owner", "varchar(40)", (c) => c.notNull())
      .addColumn("lease_until", "varchar(30)", (c) => c.notNull())
      .addColumn("outcome", long)
      .addColumn("created_at", "varchar(30)", (c) => c.notNull())
      .addColumn("expires_at", "varchar(30)", (c) => c.notNull())
      .execute();
    await db.schema.createIndex("dispatch_tasks_principal").on("dispatch_tasks").columns(["principal", "created_at"]).execute();
    await db.schema.createIndex("dispatch_tasks_expires").on("dispatch_tasks").column("expires_at").execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.dropTable("dispatch_tasks").execute();
  },
};
