import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { OFFERED_BY_ITS_ROW } from "./embedded-queue.ts";
import { sqlOwnTasks } from "./sql-own-tasks.ts";
import { sqlQueuedTasks } from "./sql-queued-tasks.ts";
import { SqlTaskInserts } from "./sql-task-inserts.ts";
import type { TaskQueue } from "./task-queue.ts";
import { taskOfRow } from "./task-row.ts";
import type { TaskCounts, TaskStore } from "./task-store.ts";

const OPEN = ["queued", "preparing", "running"] as const;

/** Each step but an insert is one statement: the guard of a lease is in its WHERE, and no transaction is held open. */
export function sqlTaskStore(db: Kysely<Schema>, queue: Pick<TaskQueue, "offer"> = { offer: OFFERED_BY_ITS_ROW }): TaskStore & TaskCounts {
  const inserts = new SqlTaskInserts(db, queue);
  const { byId, renew, finish, lapse } = sqlQueuedTasks(db, queue);
  return {
    ...sqlOwnTasks(db),
    byId,
    renew,
    finish,
    lapse,
    insert: (task) => inserts.insert(task),
    async byKey(keyHash) {
      const row = await db.selectFrom("dispatch_tasks").selectAll().where("key_hash", "=", keyHash).executeTakeFirst();
      return row === undefined ? undefined : taskOfRow(row);
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
        .where((where) =>
          where.or([where("state", "not in", OPEN), where.and([where("caller", "is", null), where("lease_until", "<=", at)])]),
        )
        .execute();
    },
  };
}
