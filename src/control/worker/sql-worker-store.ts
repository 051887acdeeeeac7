import type { Kysely, Selectable } from "kysely";
import type { Schema, WorkerTable } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import { isUpToDate, type SyncedWorker, type WorkerDefinition, type WorkerRow } from "./worker.ts";
import type { WorkerStore } from "./worker-store.ts";

export function sqlWorkerStore(db: Kysely<Schema>): WorkerStore {
  const list = async () => (await db.selectFrom("workers").selectAll().orderBy("name").execute()).map(workerOfRow);
  const byName = async (name: string) => {
    const row = await db.selectFrom("workers").selectAll().where("name", "=", name).executeTakeFirst();
    return row === undefined ? undefined : workerOfRow(row);
  };
  const syncOne = async (definition: WorkerDefinition, now: Date): Promise<SyncedWorker> => {
    const { name } = definition;
    const row = await byName(name);
    if (row === undefined && (await insert(db, definition, now))) return { name, active: true, result: "created" };
    // Somebody else may have made it just now.
    const there = row ?? (await byName(name));
    const active = there?.active ?? true;
    if (there !== undefined && isUpToDate(there, definition)) return { name, active, result: "ok" };
    await db.updateTable("workers").set(columnsOf(definition, now)).where("name", "=", name).execute();
    return { name, active, result: "updated" };
  };
  return {
    list,
    byName,
    async sync(definitions, now) {
      const synced: SyncedWorker[] = [];
      for (const definition of definitions) synced.push(await syncOne(definition, now));
      const ours = new Set(definitions.map(({ name }) => name));
      for (const { name, active } of await list()) if (!ours.has(name)) synced.push({ name, active, result: "skipped" });
      return synced;
    },
    async setActive(name, active, now) {
      const changes = { active: active ? 1 : 0, updated_at: now.toISOString() } as const;
      const { numUpdatedRows } = await db.updateTable("workers").set(changes).where("name", "=", name).executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async seen(name, now) {
      await db.updateTable("workers").set({ seen_at: now.toISOString() }).where("name", "=", name).execute();
    },
  };
}

/** False where one of this name is there. */
async function insert(db: Kysely<Schema>, definition: WorkerDefinition, now: Date): Promise<boolean> {
  const created_at = now.toISOString();
  const row = { ...columnsOf(definition, now), name: definition.name, active: 1, created_at, seen_at: null } as const;
  try {
    await db.insertInto("workers").values(row).execute();
    return true;
  } catch (thrown) {
    if (isUniqueViolation(thrown)) return false;
    throw thrown;
  }
}

function columnsOf({ className, description, build }: WorkerDefinition, now: Date) {
  return { kind: className, description, build, updated_at: now.toISOString() };
}

function workerOfRow(row: Selectable<WorkerTable>): WorkerRow {
  return {
    name: row.name,
    className: row.kind,
    description: row.description,
    build: row.build,
    active: row.active === 1,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    seenAt: row.seen_at === null ? undefined : new Date(row.seen_at),
  };
}
