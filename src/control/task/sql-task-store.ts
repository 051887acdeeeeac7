import type { Kysely, Selectable } from "kysely";
import type { DispatchTaskTable, Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { Task } from "./task.ts";
import type { TaskStore } from "./task-store.ts";

/** Each step is one statement: the guard of a lease is in its WHERE, and no transaction is held open. */
export function sqlTaskStore(db: Kysely<Schema>): TaskStore {
  const find = async (column: "id" | "key_hash", value: string) => {
    const row = await db.selectFrom("dispatch_tasks").selectAll().where(column, "=", value).executeTakeFirst();
    return row === undefined ? undefined : taskOfRow(row);
  };
  const running = () => db.updateTable("dispatch_tasks").where("state", "=", "running");
  return {
    async insert(task) {
      try {
        await db.insertInto("dispatch_tasks").values(rowOf(task)).execute();
        return true;
      } catch (thrown) {
        if (isUniqueViolation(thrown)) return false;
        throw thrown;
      }
    },
    byKey: (keyHash) => find("key_hash", keyHash),
    byId: (taskId) => find("id", taskId),
    async renew({ taskId, owner }, leaseUntil) {
      const lease = { lease_until: leaseUntil.toISOString() };
      const { numUpdatedRows } = await running().set(lease).where("id", "=", taskId).where("owner", "=", owner).executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async finish({ taskId, owner }, { state, text: outcome }) {
      const { numUpdatedRows } = await running()
        .set({ state, outcome })
        .where("id", "=", taskId)
        .where("owner", "=", owner)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async lapse(taskId, { state, text: outcome }, now) {
      const { numUpdatedRows } = await running()
        .set({ state, outcome })
        .where("id", "=", taskId)
        .where("lease_until", "<=", now.toISOString())
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async release({ taskId, owner }) {
      await db.deleteFrom("dispatch_tasks").where("id", "=", taskId).where("owner", "=", owner).where("state", "=", "running").execute();
    },
    async hasAsMany(principal, count) {
      const nth = db.selectFrom("dispatch_tasks").select("id").where("principal", "=", principal).limit(1);
      return (await nth.offset(count - 1).executeTakeFirst()) !== undefined;
    },
    async prune(now) {
      const at = now.toISOString();
      await db
        .deleteFrom("dispatch_tasks")
        .where("expires_at", "<=", at)
        .where((where) => where.or([where("state", "!=", "running"), where("lease_until", "<=", at)]))
        .execute();
    },
  };
}

function rowOf(task: Task): Selectable<DispatchTaskTable> {
  return {
    id: task.taskId,
    key_hash: task.keyHash,
    payload_hash: task.payloadHash,
    principal: task.principal,
    target: task.target,
    idempotency_key: task.idempotencyKey,
    method: task.method,
    trace_id: task.traceId,
    state: task.outcome?.state ?? "running",
    owner: task.owner,
    lease_until: task.leaseUntil.toISOString(),
    outcome: task.outcome?.text ?? null,
    created_at: task.createdAt.toISOString(),
    expires_at: task.expiresAt.toISOString(),
  };
}

function taskOfRow(row: Selectable<DispatchTaskTable>): Task {
  return {
    taskId: row.id,
    owner: row.owner,
    keyHash: row.key_hash,
    payloadHash: row.payload_hash,
    principal: row.principal,
    target: row.target,
    idempotencyKey: row.idempotency_key,
    method: row.method,
    traceId: row.trace_id,
    outcome: row.state === "running" ? undefined : { state: row.state, text: row.outcome ?? "null" },
    leaseUntil: new Date(row.lease_until),
    createdAt: new Date(row.created_at),
    expiresAt: new Date(row.expires_at),
  };
}
