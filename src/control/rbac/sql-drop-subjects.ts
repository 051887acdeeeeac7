import { sql, type Transaction } from "kysely";
import type { RbacSubjectTable, Schema } from "../../store/schema.ts";
import type { Change } from "../change/change-log.ts";

export type SubjectRef = Pick<RbacSubjectTable, "kind" | "name">;

export interface DroppedSubjects {
  readonly touched: Change["touched"];
  /** Names of the definitions that were left without a subject, and went. */
  readonly deleted: readonly string[];
}

/** Makes other changes of the definitions that name these subjects wait until the transaction ends. */
export async function lockDefinitionsWith(tx: Transaction<Schema>, subjects: readonly SubjectRef[]): Promise<void> {
  for (const { kind, name } of subjects) {
    await sql`update rbac_definitions set version = version
      where id in (select definition_id from rbac_subjects where kind = ${kind} and name = ${name})`.execute(tx);
  }
}

/**
 * Takes subjects that are gone out of every role-binding definition, so that whoever gets the name later does not get
 * the rights. A definition that is left without a subject goes too. `at`: the instant of the change.
 */
export async function dropSubjects(tx: Transaction<Schema>, subjects: readonly SubjectRef[], at: string): Promise<DroppedSubjects> {
  await lockDefinitionsWith(tx, subjects);
  const ids = new Set<string>();
  for (const { kind, name } of subjects) {
    const rows = await tx.selectFrom("rbac_subjects").select("definition_id").where("kind", "=", kind).where("name", "=", name).execute();
    for (const row of rows) ids.add(row.definition_id);
    await tx.deleteFrom("rbac_subjects").where("kind", "=", kind).where("name", "=", name).execute();
  }
  const deleted = ids.size === 0 ? [] : await settleDefinitions(tx, [...ids], at);
  return { touched: [...ids].map((ref) => ({ kind: "rbac", ref })), deleted };
}

async function settleDefinitions(tx: Transaction<Schema>, ids: readonly string[], at: string): Promise<string[]> {
  const kept = await tx.selectFrom("rbac_subjects").select("definition_id").distinct().where("definition_id", "in", ids).execute();
  const alive = new Set(kept.map((row) => row.definition_id));
  const empty = ids.filter((id) => !alive.has(id));
  if (alive.size > 0) {
    await tx
      .updateTable("rbac_definitions")
      .set(({ eb }) => ({ version: eb("version", "+", 1), updated_at: at }))
      .where("id", "in", [...alive])
      .execute();
  }
  if (empty.length === 0) return [];
  const names = await tx.selectFrom("rbac_definitions").select("name").where("id", "in", empty).orderBy("name").execute();
  await tx.deleteFrom("rbac_definitions").where("id", "in", empty).execute();
  return names.map(({ name }) => name);
}
