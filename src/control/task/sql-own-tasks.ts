import type { Kysely } from "kysely";
import { TASK_STATES, type TaskState } from "../../api/dispatch-task.ts";
import type { Schema } from "../../store/schema.ts";
import { taskOfRow } from "./task-row.ts";
import type { OwnTasks, TaskCounts } from "./task-store.ts";

/** What those who dispatched calls see of their tasks, and how many there are of all. */
export function sqlOwnTasks(db: Kysely<Schema>): OwnTasks & TaskCounts {
  return {
    async list({ principal, project, target, state, limit, after }) {
      const last = after === undefined ? undefined : await createdAt(db, principal, after);
      if (after !== undefined && last === undefined) return [];
      const rows = await db
        .selectFrom("dispatch_tasks")
        .selectAll()
        .where("principal", "=", principal)
        .$if(project !== undefined, (q) => q.where("project", "=", project ?? null))
        .$if(target !== undefined, (q) => q.where("target", "=", target ?? ""))
        .$if(state !== undefined, (q) => q.where("state", "=", state ?? "queued"))
        .$if(last !== undefined, (q) =>
          q.where((where) =>
            where.or([
              where("created_at", "<", last ?? ""),
              where.and([where("created_at", "=", last ?? ""), where("id", "<", after ?? "")]),
            ]),
          ),
        )
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map(taskOfRow);
    },
    async find({ taskId, principal, project, target }) {
      const row = await db
        .selectFrom("dispatch_tasks")
        .selectAll()
        .where("id", "=", taskId)
        .where("principal", "=", principal)
        .$if(project !== undefined, (q) => q.where("project", "=", project ?? null))
        .$if(target !== undefined, (q) => q.where("target", "=", target ?? ""))
        .executeTakeFirst();
      return row === undefined ? undefined : taskOfRow(row);
    },
    async cancelWaiting(taskId, { state, text: outcome }, now) {
      const at = now.toISOString();
      const { numUpdatedRows } = await db
        .updateTable("dispatch_tasks")
        .set({ state, outcome, cancel_asked: 1, finished_at: at, updated_at: at })
        .where("id", "=", taskId)
        .where("state", "in", ["queued", "preparing"])
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async askToCancel(taskId, now) {
      const { numUpdatedRows } = await db
        .updateTable("dispatch_tasks")
        .set({ cancel_asked: 1, updated_at: now.toISOString() })
        .where("id", "=", taskId)
        .where("state", "=", "running")
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async counts() {
      const rows = await db
        .selectFrom("dispatch_tasks")
        .select(["state", (eb) => eb.fn.countAll<number | string | bigint>().as("count")])
        .groupBy("state")
        .execute();
      const counts = Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<TaskState, number>;
      for (const { state, count } of rows) counts[state] = Number(count);
      return counts;
    },
  };
}

async function createdAt(db: Kysely<Schema>, principal: string, taskId: string): Promise<string | undefined> {
  const task = db.selectFrom("dispatch_tasks").select("created_at").where("id", "=", taskId).where("principal", "=", principal);
  return (await task.executeTakeFirst())?.created_at;
}
