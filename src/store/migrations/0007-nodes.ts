import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const nodesMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("nodes")
      .addColumn("id", "varchar(40)", (c) => c.primaryKey())
      .addColumn("name", "varchar(63)", (c) => c.notNull().unique())
      .addColumn("description", "varchar(500)", (c) => c.notNull())
      .addColumn("address", "varchar(260)", (c) => c.notNull())
      .addColumn("certificate", "text")
      .addColumn("version", "integer", (c) => c.notNull())
      .addColumn("created_at", "varchar(30)", (c) => c.notNull())
      .addColumn("updated_at", "varchar(30)", (c) => c.notNull())
      .execute();
  },
  async down(db: Kysely<unknown>) {
    await db.schema.dropTable("nodes").execute();
  },
};
