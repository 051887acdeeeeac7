import type { Kysely, Selectable, Transaction } from "kysely";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { RbacDefinitionTable, Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import { parseStoredBindings } from "../access/stored-bindings.ts";
import type { ChangeLog } from "../change/change-log.ts";
import { lockRows } from "../change/lock-rows.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import { definitionUnknown, type RbacDefinition } from "./rbac-definition.ts";
import type { RbacChange, RbacFilter, RbacStore } from "./rbac-store.ts";
import { requireSubjects } from "./sql-require-subjects.ts";
import { formatSubject } from "./subject.ts";

const SORT_COLUMN = { name: "rbac_definitions.name", createdAt: "rbac_definitions.created_at" } as const;

export function sqlRbacStore(db: Kysely<Schema>, changes: ChangeLog): RbacStore {
  return {
    insert: (definition, event) =>
      changes.commit(async (tx) => {
        await requireSubjects(tx, definition.subjects);
        await insertRow(tx, definition);
        await setSubjects(tx, definition.id, definition.subjects);
        return { result: undefined, change: { event, touched: [{ kind: "rbac", ref: definition.id }] } };
      }),
    change: (id, plan) =>
      changes.commit(async (tx) => {
        const current = await lockedDefinition(tx, id);
        const change = plan(current);
        if (change === undefined) return { result: current, change: undefined };
        const result = await writeChange(tx, current, change);
        return { result, change: { event: change.event, touched: [{ kind: "rbac", ref: id }] } };
      }),
    delete: (id, plan) =>
      changes.commit(async (tx) => {
        const event = plan(await lockedDefinition(tx, id));
        await tx.deleteFrom("rbac_definitions").where("id", "=", id).execute();
        return { result: undefined, change: { event, touched: [{ kind: "rbac", ref: id }] } };
      }),
    byId: (id) => definitionBy(db, "id", id),
    byName: (name) => definitionBy(db, "name", name),
    async page(filter, request) {
      const columns = { sort: SORT_COLUMN[request.sort.field], id: "rbac_definitions.id", name: "rbac_definitions.name" };
      const found = await withSubjects(db, await pageQuery(filtered(db, filter), request, columns).execute());
      const value = ({ name, createdAt }: RbacDefinition) => (request.sort.field === "name" ? name : createdAt.toISOString());
      return cutPage(found, request.limit, (definition) => ({ value: value(definition), id: definition.id }));
    },
  };
}

async function insertRow(tx: Transaction<Schema>, definition: RbacDefinition): Promise<void> {
  const { id, name, version } = definition;
  const row = {
    id,
    name,
    role_bindings: JSON.stringify(definition.roleBindings),
    token_id: definition.tokenId ?? null,
    version,
    created_at: definition.createdAt.toISOString(),
    updated_at: definition.updatedAt.toISOString(),
  };
  try {
    await tx.insertInto("rbac_definitions").values(row).execute();
  } catch (thrown) {
    if (isUniqueViolation(thrown)) throw new AppError("conflict", "RBAC_NAME_TAKEN", `There is a role-binding definition ${name} already`);
    throw thrown;
  }
}

async function setSubjects(tx: Transaction<Schema>, id: string, subjects: readonly Subject[]): Promise<void> {
  await tx.deleteFrom("rbac_subjects").where("definition_id", "=", id).execute();
  const rows = subjects.map(({ kind, name }, position) => ({ definition_id: id, position, kind, name }));
  if (rows.length > 0) await tx.insertInto("rbac_subjects").values(rows).execute();
}

async function lockedDefinition(tx: Transaction<Schema>, id: string): Promise<RbacDefinition> {
  await lockRows(tx, "rbac_definitions", "id", [id]);
  const definition = await definitionBy(tx, "id", id);
  if (definition === undefined) throw definitionUnknown(id);
  return definition;
}

async function writeChange(tx: Transaction<Schema>, current: RbacDefinition, change: RbacChange): Promise<RbacDefinition> {
  const { subjects, roleBindings = current.roleBindings, event } = change;
  const version = current.version + 1;
  const row = { role_bindings: JSON.stringify(roleBindings), version, updated_at: event.at };
  await tx.updateTable("rbac_definitions").set(row).where("id", "=", current.id).execute();
  if (subjects !== undefined) {
    const known = new Set(current.subjects.map(formatSubject));
    await requireSubjects(
      tx,
      subjects.filter((subject) => !known.has(formatSubject(subject))),
    );
    await setSubjects(tx, current.id, subjects);
  }
  return { ...current, subjects: subjects ?? current.subjects, roleBindings, version, updatedAt: new Date(event.at) };
}

async function definitionBy(db: Kysely<Schema>, column: "id" | "name", value: string): Promise<RbacDefinition | undefined> {
  const rows = await db.selectFrom("rbac_definitions").selectAll().where(column, "=", value).execute();
  return (await withSubjects(db, rows))[0];
}

function filtered(db: Kysely<Schema>, { name, subject }: RbacFilter) {
  let query = db.selectFrom("rbac_definitions").selectAll();
  if (name !== undefined) query = query.where("name", "=", name);
  if (subject === undefined) return query;
  return query.where(({ exists, selectFrom }) =>
    exists(
      selectFrom("rbac_subjects")
        .select("rbac_subjects.definition_id")
        .whereRef("rbac_subjects.definition_id", "=", "rbac_definitions.id")
        .where("rbac_subjects.kind", "=", subject.kind)
        .where("rbac_subjects.name", "=", subject.name),
    ),
  );
}

async function withSubjects(db: Kysely<Schema>, rows: readonly Selectable<RbacDefinitionTable>[]): Promise<RbacDefinition[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const found = await db.selectFrom("rbac_subjects").selectAll().where("definition_id", "in", ids).orderBy("position").execute();
  const subjects = Map.groupBy(found, (subject) => subject.definition_id);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    subjects: (subjects.get(row.id) ?? []).map(({ kind, name }) => ({ kind, name })),
    roleBindings: parseStoredBindings(row.role_bindings),
    tokenId: row.token_id ?? undefined,
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }));
}
