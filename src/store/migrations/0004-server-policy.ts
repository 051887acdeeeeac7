import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { engineOf } from "../engine.ts";

/** One column, because no query looks into it. */
export const serverPolicyMigration: Migration = {
  async up(db: Kysely<unknown>) {
    // MySQL takes the default of a text as an expression alone, which SQLite does not take for a new column.
    const empty = engineOf(db) === "mysql" ? sql`('{}')` : "{}";
    await db.schema
      .alterTable("servers")
      .addColumn("policy", "text", (c) => c.notNull().defaultTo(empty))
      .execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.alterTable("servers").dropColumn("policy").execute();
  },
};
