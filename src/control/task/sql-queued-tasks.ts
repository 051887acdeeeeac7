import type { Kysely, Transaction } from "kysely";
import type { TaskLease } from "../../api/dispatch-task.ts";
import { retryTransaction } from "../../store/retry-transaction.ts";
import type { Schema } from "../../store/schema.ts";
import { OFFERED_BY_ITS_ROW } from "./embedded-queue.ts";
import { offerIn } from "./sql-task-inserts.ts";
import { NOBODY } from "./task.ts";
import type { TaskQueue } from "./task-queue.ts";
import { taskOfRow } from "./task-row.ts";
import type { QueuedTasks } from "./task-store.ts";

const HELD = ["preparing", "running"] as const;

/** What workers do with tasks. Whose a task is, or that it is nobody's any more, stands in every WHERE. */
export function sqlQueuedTasks(db: Kysely<Schema>, queue: Pick<TaskQueue, "offer"> = { offer: OFFERED_BY_ITS_ROW }): QueuedTasks {
  const byId: QueuedTasks["byId"] = async (taskId) => {
    const row = await db.selectFrom("dispatch_tasks").selectAll().where("id", "=", taskId).executeTakeFirst();
    return row === undefined ? undefined : taskOfRow(row);
  };
  return {
    byId,
    async renew(lease, leaseUntil) {
      return changed(await held(db, lease).set({ lease_until: leaseUntil.toISOString() }).executeTakeFirst());
    },
    async finish(lease, { state, text: outcome }, now) {
      const at = now.toISOString();
      return changed(await held(db, lease).set({ state, outcome, finished_at: at, updated_at: at }).executeTakeFirst());
    },
    async lapse(taskId, { state, text: outcome }, now) {
      const at = now.toISOString();
      return changed(await lapsed(db, taskId, now).set({ state, outcome, finished_at: at, updated_at: at }).executeTakeFirst());
    },
    async ready(limit, now) {
      const rows = await db
        .selectFrom("dispatch_tasks")
        .select("id")
        .where("state", "=", "queued")
        .where("run_at", "<=", now.toISOString())
        .orderBy("lane")
        .orderBy("turn")
        .orderBy("created_at")
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },
    async take({ taskId, owner }, leaseUntil, now) {
      const at = now.toISOString();
      const taken = await db
        .updateTable("dispatch_tasks")
        .set((eb) => ({
          state: "preparing",
          owner,
          lease_until: leaseUntil.toISOString(),
          attempts: eb("attempts", "+", 1),
          updated_at: at,
        }))
        .where("id", "=", taskId)
        .where("state", "=", "queued")
        .where("run_at", "<=", at)
        .where("start_by", ">", at)
        .executeTakeFirst();
      if (!changed(taken)) return undefined;
      const task = await byId(taskId);
      return task?.owner === owner ? task : undefined;
    },
    async begin({ taskId, owner }, repeatable, now) {
      const at = now.toISOString();
      const begun = await db
        .updateTable("dispatch_tasks")
        .set({ state: "running", repeatable: repeatable ? 1 : 0, started_at: at, updated_at: at })
        .where("id", "=", taskId)
        .where("owner", "=", owner)
        .where("state", "=", "preparing")
        .where("cancel_asked", "=", 0)
        .executeTakeFirst();
      return changed(begun);
    },
    putBack(lease, { runAt, lastError }, now) {
      return putBack(
        (tx) =>
          held(tx, lease)
            .set({ ...waiting(runAt, now), last_error: lastError })
            .executeTakeFirst(),
        lease.taskId,
        runAt,
      );
    },
    async note(lease, progress, now) {
      const noted = { progress: JSON.stringify(progress), updated_at: now.toISOString() };
      return changed(await held(db, lease).set(noted).executeTakeFirst());
    },
    async lost(limit, now) {
      const rows = await db
        .selectFrom("dispatch_tasks")
        .selectAll()
        .where("state", "in", HELD)
        .where("lease_until", "<=", now.toISOString())
        .where("caller", "is not", null)
        .limit(limit)
        .execute();
      return rows.map(taskOfRow);
    },
    putBackLost(taskId, now) {
      return putBack((tx) => lapsed(tx, taskId, now).set(waiting(now, now)).executeTakeFirst(), taskId, now);
    },
    async expire({ state, text: outcome }, now) {
      const at = now.toISOString();
      const { numUpdatedRows } = await db
        .updateTable("dispatch_tasks")
        .set({ state, outcome, finished_at: at, updated_at: at })
        .where("state", "=", "queued")
        .where("start_by", "<=", at)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },
  };

  /** The row waits again and the queue hears of it, or neither. */
  function putBack(update: (tx: Transaction<Schema>) => Promise<Updated>, taskId: string, runAt: Date): Promise<boolean> {
    return retryTransaction(db, async (tx) => {
      if (!changed(await update(tx))) return false;
      const { lane, turn } = await tx
        .selectFrom("dispatch_tasks")
        .select(["lane", "turn"])
        .where("id", "=", taskId)
        .executeTakeFirstOrThrow();
      await offerIn(queue, tx, [{ taskId, lane, turn: Number(turn), runAt }]);
      return true;
    });
  }
}

interface Updated {
  readonly numUpdatedRows: bigint;
}

const changed = ({ numUpdatedRows }: Updated): boolean => numUpdatedRows > 0n;

function waiting(runAt: Date, now: Date) {
  return { state: "queued", owner: NOBODY, run_at: runAt.toISOString(), updated_at: now.toISOString() } as const;
}

function held(tx: Kysely<Schema>, { taskId, owner }: TaskLease) {
  return tx.updateTable("dispatch_tasks").where("id", "=", taskId).where("owner", "=", owner).where("state", "in", HELD);
}

function lapsed(tx: Kysely<Schema>, taskId: string, now: Date) {
  return tx.updateTable("dispatch_tasks").where("id", "=", taskId).where("state", "in", HELD).where("lease_until", "<=", now.toISOString());
}
