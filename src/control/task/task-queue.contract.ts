import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { Schema } from "../../store/schema.ts";
import { waitingTask } from "./queued-tasks.contract.ts";
import type { TaskQueue } from "./task-queue.ts";
import type { QueuedTasks, TaskStore } from "./task-store.ts";

export interface QueueUnderTest {
  readonly queue: TaskQueue;
  readonly tasks: TaskStore;
  readonly queued: QueuedTasks;
  readonly db: Kysely<Schema>;
}

export type WithTaskQueue = (run: (under: QueueUnderTest) => Promise<void>) => Promise<void>;

const LEASE_MS = 30_000;
/** Tasks made at this moment may be taken now, whichever clock a queue goes by. */
const MADE_MS = Date.now() - Date.parse("2026-01-01T00:00:00Z") - 1000;

const task = (n: number, principal = "token:one") => waitingTask(n, { principal }, MADE_MS + n, { maxAttempts: 3, ttlMs: 3_600_000 });

/** What every adapter of `TaskQueue` does. */
export function taskQueueContract(adapter: string, withQueue: WithTaskQueue): void {
  test(`${adapter}: a task is on offer once its row is committed, in turns of the principals, and once`, () =>
    withQueue(async ({ queue, tasks }) => {
      expect(await queue.next(10, new Date())).toEqual([]);
      for (const n of [1, 2]) await tasks.insert(task(n));
      await tasks.insert(task(3, "token:two"));
      expect(await tasks.insert({ ...task(3), taskId: "tsk_other" })).toBe(false);
      expect(await queue.next(10, new Date())).toEqual(["tsk_1", "tsk_3", "tsk_2"]);
    }));

  test(`${adapter}: what is rolled back is never on offer`, () =>
    withQueue(async ({ queue, db }) => {
      const rollBack = new Error("rolled back");
      const offer = { taskId: "tsk_1", lane: 0, turn: 0, runAt: new Date() };
      const failing = db.transaction().execute(async (tx) => {
        await queue.offer(tx, [offer]);
        throw rollBack;
      });
      await expect(failing).rejects.toBe(rollBack);
      expect(await queue.next(10, new Date())).toEqual([]);
    }));

  test(`${adapter}: a task that was put back is on offer again, from its time on`, () =>
    withQueue(async ({ queue, tasks, queued }) => {
      await tasks.insert(task(1));
      expect(await queue.next(10, new Date())).toEqual(["tsk_1"]);
      const lease = { taskId: "tsk_1", owner: "wrk_1" };
      const now = new Date();
      expect((await queued.take(lease, new Date(now.getTime() + LEASE_MS), now))?.attempts).toBe(1);
      expect(await queue.next(10, new Date())).toEqual([]);
      expect(await queued.putBack(lease, { runAt: new Date(now.getTime() + 3_600_000), lastError: "{}" }, now)).toBe(true);
      expect(await queue.next(10, new Date())).toEqual([]);
      expect(await queued.take(lease, now, new Date(now.getTime() + 1))).toBeUndefined();
    }));

  test(`${adapter}: a task that was told of and not taken is told of again`, () =>
    withQueue(async ({ queue, tasks }) => {
      await tasks.insert(task(1));
      expect(await queue.next(10, new Date())).toEqual(["tsk_1"]);
      expect(await queue.next(10, new Date(Date.now() + 60_000))).toEqual(["tsk_1"]);
    }));
}
