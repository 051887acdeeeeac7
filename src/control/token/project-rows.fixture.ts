import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";

const AT = "2026-01-01T00:00:00.000Z";

/** Puts projects without servers into the database, `prj_<name>` each. */
export async function seedProjects(db: Kysely<Schema>, ownerId: string, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    const row = { id: `prj_${name}`, name, description: "", owner_id: ownerId, version: 1, created_at: AT, updated_at: AT };
    await db.insertInto("projects").values(row).execute();
  }
}
