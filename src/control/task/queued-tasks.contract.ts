import { expect, test } from "bun:test";
import type { TaskClaim } from "../../api/dispatch-task.ts";
import type { Grant } from "../../api/grant.ts";
import { OUTCOME_UNKNOWN, queuedTaskOf, TASK_CANCELED, TASK_EXPIRED, type Task } from "./task.ts";
import type { QueuedTasks, TaskCounts, TaskStore } from "./task-store.ts";

export interface TaskStores {
  readonly tasks: TaskStore & TaskCounts;
  readonly queued: QueuedTasks;
}

export type WithTaskStores = (run: (stores: TaskStores) => Promise<void>) => Promise<void>;

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (ms: number) => new Date(START + ms);
const TERMS = { maxAttempts: 3, ttlMs: 60_000 };
const DONE = { state: "finished", text: '{"content":[]}' } as const;

const GRANT: Grant = {
  principal: { kind: "system", id: "test" },
  bindings: [{ binding: { action: "dispatch" }, source: "é" }],
  scopes: ["mcp:call"],
};

/** A task that waits, told from others by its number. */
export function waitingTask(n: number, changes: Partial<TaskClaim> = {}, ms = n, terms = TERMS): Task {
  const later = { params: '{"name":"é","n":1}', grant: GRANT, project: "p", server: null, tool: "one__é", priority: "normal" } as const;
  const about = { target: "project:prj_1", idempotencyKey: `k${n}`, method: "tools/call", traceId: `trace-${n}` };
  const hashes = { keyHash: n.toString(16).padStart(64, "0"), payloadHash: "b".repeat(64) };
  const claim = { taskId: `tsk_${n}`, owner: `own_${n}`, principal: "token:one", leaseMs: 30_000, later, ...about, ...hashes, ...changes };
  const task = queuedTaskOf(claim, terms, at(ms));
  if (task === undefined) throw new Error("the claim says nothing of later");
  return task;
}

const leaseOf = (n: number, owner = `wrk_${n}`) => ({ taskId: `tsk_${n}`, owner });

/** What every adapter of `QueuedTasks` does. */
export function queuedTasksContract(engine: string, withStores: WithTaskStores): void {
  test(`${engine}: a task that waits is kept as it was, and is nobody's`, () =>
    withStores(async ({ tasks, queued }) => {
      const task = waitingTask(1);
      expect(await tasks.insert(task)).toBe(true);
      expect(await queued.byId("tsk_1")).toEqual(task);
      expect(await queued.renew({ taskId: "tsk_1", owner: "" }, at(9))).toBe(false);
      expect(await queued.finish({ taskId: "tsk_1", owner: "" }, DONE, at(9))).toBe(false);
    }));

  test(`${engine}: of twenty who take a task at once one has it`, () =>
    withStores(async ({ tasks, queued }) => {
      await tasks.insert(waitingTask(1));
      const takers = Array.from({ length: 20 }, (_, n) => queued.take(leaseOf(1, `wrk_${n}`), at(1000), at(10)));
      const taken = (await Promise.all(takers)).filter((task) => task !== undefined);
      expect(taken).toHaveLength(1);
      expect(taken[0]).toMatchObject({ state: "preparing", attempts: 1, leaseUntil: at(1000) });
      expect(await queued.ready(10, at(10))).toEqual([]);
    }));

  test(`${engine}: only its owner begins, notes, ends or puts back a task, and begins it once`, () =>
    withStores(async ({ tasks, queued }) => {
      await tasks.insert(waitingTask(1));
      await queued.take(leaseOf(1), at(1000), at(10));
      const thief = leaseOf(1, "wrk_thief");
      const retry = { runAt: at(20), lastError: "{}" };
      expect([
        await queued.begin(thief, true, at(11)),
        await queued.note(thief, { progress: 1 }, at(11)),
        await queued.finish(thief, DONE, at(11)),
        await queued.putBack(thief, retry, at(11)),
        await queued.renew(thief, at(2000)),
      ]).toEqual([false, false, false, false, false]);
      expect([await queued.begin(leaseOf(1), true, at(12)), await queued.begin(leaseOf(1), true, at(12))]).toEqual([true, false]);
      expect(await queued.note(leaseOf(1), { progress: 1, total: 2, message: "é" }, at(13))).toBe(true);
      expect(await queued.byId("tsk_1")).toMatchObject({
        state: "running",
        repeatable: true,
        startedAt: at(12),
        progress: { progress: 1, total: 2, message: "é" },
      });
      expect(await queued.finish(leaseOf(1), DONE, at(14))).toBe(true);
      expect(await queued.byId("tsk_1")).toMatchObject({ state: "finished", outcome: DONE, finishedAt: at(14) });
      expect(await queued.putBack(leaseOf(1), retry, at(15))).toBe(false);
    }));

  test(`${engine}: a task that was put back waits until its time, and its owner has lost it`, () =>
    withStores(async ({ tasks, queued }) => {
      await tasks.insert(waitingTask(1));
      await queued.take(leaseOf(1), at(1000), at(10));
      expect(await queued.putBack(leaseOf(1), { runAt: at(500), lastError: '{"code":1}' }, at(11))).toBe(true);
      expect(await queued.finish(leaseOf(1), DONE, at(12))).toBe(false);
      expect([await queued.ready(10, at(499)), await queued.take(leaseOf(1), at(2000), at(499))]).toEqual([[], undefined]);
      expect(await queued.ready(10, at(500))).toEqual(["tsk_1"]);
      expect(await queued.take(leaseOf(1, "wrk_2"), at(2000), at(500))).toMatchObject({ attempts: 2, lastError: '{"code":1}' });
    }));

  test(`${engine}: lanes come in their order, and in a lane the principals take turns`, () =>
    withStores(async ({ tasks, queued }) => {
      const later = waitingTask(0).call;
      const inLane = (priority: "high" | "low") => ({
        params: null,
        grant: later?.grant ?? GRANT,
        project: null,
        server: null,
        tool: null,
        priority,
      });
      for (const n of [1, 2, 3]) await tasks.insert(waitingTask(n, { principal: "token:many" }));
      await tasks.insert(waitingTask(4, { principal: "token:few" }));
      await tasks.insert(waitingTask(5, { later: inLane("low") }));
      await tasks.insert(waitingTask(6, { later: inLane("high") }));
      expect(await queued.ready(10, at(10))).toEqual(["tsk_6", "tsk_1", "tsk_4", "tsk_2", "tsk_3", "tsk_5"]);
      for (const n of [1, 4, 2]) await queued.take(leaseOf(n), at(1000), at(10));
      // Whoever comes now is behind nobody who has had a turn since, and before what of the many is left.
      await tasks.insert(waitingTask(7, { principal: "token:few" }));
      await tasks.insert(waitingTask(8, { principal: "token:few" }));
      expect(await queued.ready(10, at(10))).toEqual(["tsk_6", "tsk_3", "tsk_7", "tsk_8", "tsk_5"]);
    }));

  test(`${engine}: a lease that is over is lost, may be put back or ended by anybody once, and its owner comes too late`, () =>
    withStores(async ({ tasks, queued }) => {
      for (const n of [1, 2]) {
        await tasks.insert(waitingTask(n));
        await queued.take(leaseOf(n), at(1000), at(10));
      }
      await queued.begin(leaseOf(2), false, at(11));
      expect(await queued.lost(10, at(999))).toEqual([]);
      expect((await queued.lost(10, at(1000))).map(({ taskId, state }) => `${taskId} ${state}`).sort()).toEqual([
        "tsk_1 preparing",
        "tsk_2 running",
      ]);
      expect([await queued.putBackLost("tsk_1", at(1000)), await queued.putBackLost("tsk_1", at(1000))]).toEqual([true, false]);
      expect([await queued.lapse("tsk_2", OUTCOME_UNKNOWN, at(1000)), await queued.lapse("tsk_2", OUTCOME_UNKNOWN, at(1000))]).toEqual([
        true,
        false,
      ]);
      expect([await queued.begin(leaseOf(1), true, at(1001)), await queued.finish(leaseOf(2), DONE, at(1001))]).toEqual([false, false]);
      expect(await tasks.byId("tsk_2")).toMatchObject({ state: "failed", outcome: OUTCOME_UNKNOWN });
    }));

  test(`${engine}: what waits for too long has failed, and is not taken any more`, () =>
    withStores(async ({ tasks, queued }) => {
      await tasks.insert(waitingTask(1, {}, 0));
      await tasks.insert(waitingTask(2, {}, 5));
      expect(await queued.take(leaseOf(1), at(99_000), at(TERMS.ttlMs))).toBeUndefined();
      expect(await queued.expire(TASK_EXPIRED, at(TERMS.ttlMs))).toBe(1);
      expect([await tasks.byId("tsk_1"), await tasks.byId("tsk_2")]).toMatchObject([{ outcome: TASK_EXPIRED }, { state: "queued" }]);
    }));

  test(`${engine}: what waits or is prepared is canceled at once, and what runs is asked to stop`, () =>
    withStores(async ({ tasks, queued }) => {
      for (const n of [1, 2, 3]) await tasks.insert(waitingTask(n));
      for (const n of [2, 3]) await queued.take(leaseOf(n), at(1000), at(10));
      await queued.begin(leaseOf(3), false, at(11));
      const canceled = [];
      for (const n of [1, 2, 3]) canceled.push(await tasks.cancelWaiting(`tsk_${n}`, TASK_CANCELED, at(12)));
      expect(canceled).toEqual([true, true, false]);
      expect([
        await queued.begin(leaseOf(2), false, at(13)),
        await tasks.askToCancel("tsk_3", at(13)),
        await tasks.askToCancel("tsk_1", at(13)),
      ]).toEqual([false, true, false]);
      expect(await tasks.byId("tsk_3")).toMatchObject({ state: "running", cancelAsked: true });
      expect(await tasks.counts()).toEqual({ queued: 0, preparing: 0, running: 1, finished: 0, failed: 0, canceled: 2 });
    }));

  test(`${engine}: a principal sees its own tasks alone, page by page, the newest first`, () =>
    withStores(async ({ tasks }) => {
      for (const n of [1, 2, 3, 4]) await tasks.insert(waitingTask(n, { principal: n === 2 ? "token:other" : "token:one" }));
      const mine = { principal: "token:one", limit: 2 };
      const ids = async (query: Parameters<TaskStore["list"]>[0]) => (await tasks.list(query)).map(({ taskId }) => taskId);
      expect([await ids(mine), await ids({ ...mine, after: "tsk_3" }), await ids({ ...mine, after: "tsk_2" })]).toEqual([
        ["tsk_4", "tsk_3"],
        ["tsk_1"],
        [],
      ]);
      expect([await ids({ ...mine, project: "q" }), await ids({ ...mine, project: "p", state: "failed" })]).toEqual([[], []]);
      const find = async (taskId: string, project?: string) => (await tasks.find({ taskId, principal: "token:one", project }))?.taskId;
      expect([await find("tsk_1"), await find("tsk_1", "p"), await find("tsk_1", "q"), await find("tsk_2")]).toEqual([
        "tsk_1",
        "tsk_1",
        undefined,
        undefined,
      ]);
    }));
}
