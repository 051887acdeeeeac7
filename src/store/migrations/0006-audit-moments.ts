import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { engineOf } from "../engine.ts";

/** Four indexes with every event in them become one table with one row for each value and tenth of a second. */
export const auditMomentsMigration: Migration = {
  async up(db: Kysely<unknown>) {
    const table = db.schema
      .createTable("audit_moments")
      .addColumn("field", "varchar(20)", (c) => c.notNull())
      .addColumn("value", "varchar(190)", (c) => c.notNull())
      .addColumn("moment", "varchar(30)", (c) => c.notNull())
      .addColumn("writer", "varchar(40)", (c) => c.notNull())
      .addPrimaryKeyConstraint("audit_moments_pk", ["field", "value", "moment", "writer"]);
    // Its rows are its key.
    await (engineOf(db) === "sqlite" ? table.modifyEnd(sql`without rowid`) : table).execute();
    for (const [, field] of OLD_INDEXES) await fill(db, field);
    await db.schema.createIndex("audit_moments_moment").on("audit_moments").column("moment").execute();
    for (const [name] of OLD_INDEXES) await dropIndex(db, name);
    await db.schema.createIndex("audit_events_place").on("audit_events").columns(PLACE).execute();
    await dropIndex(db, "audit_events_at");
  },
  async down(db: Kysely<unknown>) {
    await db.schema.createIndex("audit_events_at").on("audit_events").column("at").execute();
    await dropIndex(db, "audit_events_place");
    for (const [name, field] of OLD_INDEXES) await db.schema.createIndex(name).on("audit_events").columns([field, "at"]).execute();
    await db.schema.dropTable("audit_moments").execute();
  },
};

/** The order of a list, all of it: with the time alone SQLite sorts every event for the first page. */
const PLACE = ["at", "writer", "sequence"];

const OLD_INDEXES = [
  ["audit_events_token_name", "token_name"],
  ["audit_events_token_sha", "token_sha"],
  ["audit_events_user", "user_name"],
  ["audit_events_project", "project"],
] as const;

/** What the events that are there say of moments. */
async function fill(db: Kysely<unknown>, field: string): Promise<void> {
  await sql`insert into audit_moments (field, value, moment, writer)
    select distinct ${sql.lit(field)}, ${sql.ref(field)}, substr(at, 1, 21), writer from audit_events where ${sql.ref(field)} is not null`.execute(
    db,
  );
}

/** Index names are the table's own in MySQL, the schema's elsewhere. */
async function dropIndex(db: Kysely<unknown>, name: string): Promise<void> {
  const drop = db.schema.dropIndex(name);
  await (engineOf(db) === "mysql" ? drop.on("audit_events") : drop).execute();
}
