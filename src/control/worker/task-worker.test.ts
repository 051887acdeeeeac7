import { expect, test } from "bun:test";
import type { TaskState } from "../../api/dispatch-task.ts";
import { randomIds } from "../../core/ids.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { embeddedQueue } from "../task/embedded-queue.ts";
import { waitingTask } from "../task/queued-tasks.contract.ts";
import { sqlQueuedTasks } from "../task/sql-queued-tasks.ts";
import { sqlTaskStore } from "../task/sql-task-store.ts";
import { failedTask, OUTCOME_UNKNOWN, TASK_ABORTED, TASK_CANCELED, TASK_EXPIRED, TASK_WORN_OUT } from "../task/task.ts";
import type { CallEnd, CallToMake, CarryOutOptions } from "./task-calls.ts";
import { TaskWorker, type TaskWorkerDeps } from "./task-worker.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const LEASE_MS = 30_000;
const DONE: CallEnd = { kind: "ended", outcome: { state: "finished", text: '{"content":[]}' } };
const LOST = failedTask("unavailable", "UPSTREAM_LOST", "the server was lost");

type Script = (call: CallToMake, options: CarryOutOptions) => Promise<CallEnd>;

async function setup(
  script: Script,
  changes: Partial<TaskWorkerDeps> & { readonly repeatable?: boolean; readonly concurrency?: number } = {},
) {
  const { repeatable = false, concurrency = 4, ...deps } = changes;
  const db = await openMemoryDatabase();
  const time = { ms: START + 100 };
  const clock = { now: () => new Date(time.ms) };
  const tasks = sqlTaskStore(db);
  const queued = sqlQueuedTasks(db);
  const made: string[] = [];
  const ended: TaskState[] = [];
  const worker = new TaskWorker({
    tasks: queued,
    queue: embeddedQueue(queued),
    calls: {
      prepare: (call) => ({
        kind: "prepared",
        repeatable,
        carryOut(options) {
          made.push(call.taskId);
          return script(call, options);
        },
      }),
    },
    grantNow: async (grant) => grant,
    keepResult: async () => undefined,
    clock,
    ids: randomIds,
    backoff: { firstMs: 1000, maxMs: 1000 },
    random: () => 1,
    reportIn: async () => true,
    onEnded: (state) => void ended.push(state),
    settings: { concurrency, leaseMs: LEASE_MS, pollMs: 1 },
    onFailure: (error) => {
      throw error;
    },
    ...deps,
  });
  const until = async (n: number, isSo: (task: { state: string; attempts: number }) => boolean) => {
    for (;;) {
      const task = await tasks.byId(`tsk_${n}`);
      if (task !== undefined && isSo(task)) return task;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const stop = async () => {
    await worker.stop(0);
    await db.destroy();
  };
  return { tasks, queued, worker, made, ended, time, until, [Symbol.asyncDispose]: stop };
}

const isOver = ({ state }: { state: string }) => state === "finished" || state === "failed" || state === "canceled";

test("what waits is carried out once, and how it ended is kept", async () => {
  await using world = await setup(async () => DONE);
  for (const n of [1, 2, 3]) await world.tasks.insert(waitingTask(n));
  world.worker.start();
  for (const n of [1, 2, 3]) expect(await world.until(n, isOver)).toMatchObject({ outcome: DONE.outcome, attempts: 1 });
  expect([world.made.sort(), world.ended]).toEqual([
    ["tsk_1", "tsk_2", "tsk_3"],
    ["finished", "finished", "finished"],
  ]);
});

test("it carries out no more at once than it may, and takes the next one when one is over", async () => {
  const release = Promise.withResolvers<CallEnd>();
  await using world = await setup(() => release.promise, { concurrency: 2 });
  for (const n of [1, 2, 3]) await world.tasks.insert(waitingTask(n));
  world.worker.start();
  await world.until(2, ({ state }) => state === "running");
  expect([world.worker.running, (await world.tasks.byId("tsk_3"))?.state]).toEqual([2, "queued"]);
  release.resolve(DONE);
  await world.until(3, isOver);
});

test("a call that was not made is tried again after its pause, as often as it may be, and says then what was the matter", async () => {
  await using world = await setup(async () => ({ kind: "not made", outcome: LOST, retryAfterMs: 5000 }));
  await world.tasks.insert(waitingTask(1, {}, 1, { maxAttempts: 2, ttlMs: 60_000 }));
  world.worker.start();
  const waits = await world.until(1, ({ state, attempts }) => state === "queued" && attempts === 1);
  expect([waits.runAt.getTime() - world.time.ms, waits.lastError]).toEqual([5000, LOST.text]);
  world.time.ms += 5000;
  const { outcome } = await world.until(1, isOver);
  const { data } = JSON.parse(outcome?.text ?? "");
  expect([outcome?.state, data.reason, data.attempts, data.cause]).toEqual(["failed", "attempts_exhausted", 2, JSON.parse(LOST.text)]);
});

test("a call whose outcome is in doubt is made again where that does no harm, and nowhere else", async () => {
  await using careful = await setup(async () => ({ kind: "in doubt", outcome: LOST }));
  await careful.tasks.insert(waitingTask(1));
  careful.worker.start();
  expect(await careful.until(1, isOver)).toMatchObject({ state: "failed", outcome: LOST, attempts: 1 });

  let calls = 0;
  await using bold = await setup(async () => (++calls === 1 ? { kind: "in doubt", outcome: LOST } : DONE), { repeatable: true });
  await bold.tasks.insert(waitingTask(1));
  bold.worker.start();
  await bold.until(1, ({ state, attempts }) => state === "queued" && attempts === 1);
  bold.time.ms += 1000;
  expect(await bold.until(1, isOver)).toMatchObject({ state: "finished", attempts: 2 });
});

test("it is noted that a call is begun before it is made", async () => {
  const seen: (string | undefined)[] = [];
  const look: Script = async ({ taskId }) => {
    seen.push((await world.tasks.byId(taskId))?.state);
    return DONE;
  };
  await using world = await setup(look);
  await world.tasks.insert(waitingTask(1));
  world.worker.start();
  await world.until(1, isOver);
  expect(seen).toEqual(["running"]);
});

test("who may do nothing any more has nothing carried out", async () => {
  await using world = await setup(async () => DONE, { grantNow: async () => undefined });
  await world.tasks.insert(waitingTask(1));
  world.worker.start();
  const { outcome } = await world.until(1, isOver);
  expect([JSON.parse(outcome?.text ?? "").data.reason, world.made]).toEqual(["task_denied", []]);
});

test("switched off it takes nothing, and switched on again what waited", async () => {
  let active = false;
  await using world = await setup(async () => DONE, { reportIn: async () => active });
  await world.tasks.insert(waitingTask(1));
  world.worker.start();
  await world.worker.reconsider();
  expect((await world.tasks.byId("tsk_1"))?.state).toBe("queued");
  active = true;
  await world.worker.reconsider();
  await world.until(1, isOver);
});

test("a task that is canceled while it runs is aborted, whatever its server has done", async () => {
  const abortable: Script = (_, { signal }) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve({ kind: "in doubt", outcome: LOST })));
  await using world = await setup(abortable, { repeatable: true });
  await world.tasks.insert(waitingTask(1));
  world.worker.start();
  await world.until(1, ({ state }) => state === "running");
  world.worker.cancel("tsk_1");
  expect(await world.until(1, isOver)).toMatchObject({ outcome: TASK_ABORTED });
});

test("stopped, it waits for what runs, then ends it: what may be repeated waits again, another has an unknown outcome", async () => {
  const abortable: Script = (_, { signal }) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve({ kind: "in doubt", outcome: LOST })));
  for (const [repeatable, state, outcome] of [
    [true, "queued", undefined],
    [false, "failed", OUTCOME_UNKNOWN],
  ] as const) {
    await using world = await setup(abortable, { repeatable });
    await world.tasks.insert(waitingTask(1));
    world.worker.start();
    await world.until(1, (task) => task.state === "running");
    await world.worker.stop(0);
    expect(await world.tasks.byId("tsk_1")).toMatchObject({ state, outcome });
  }
});

test("of tasks whose worker is gone those that were not begun, or may be repeated, are; the others end", async () => {
  await using world = await setup(async () => DONE);
  const lose = async (n: number, begun: "not begun" | "once" | "repeatable", terms = { maxAttempts: 3, ttlMs: 60_000 }) => {
    await world.tasks.insert(waitingTask(n, {}, n, terms));
    const lease = { taskId: `tsk_${n}`, owner: `gone_${n}` };
    await world.queued.take(lease, new Date(START + 50), new Date(START + 20));
    if (begun !== "not begun") await world.queued.begin(lease, begun === "repeatable", new Date(START + 20));
  };
  await lose(1, "not begun");
  await lose(2, "once");
  await lose(3, "repeatable");
  await lose(4, "repeatable", { maxAttempts: 1, ttlMs: 60_000 });
  world.worker.start();
  expect(await world.until(1, isOver)).toMatchObject({ state: "finished", attempts: 2 });
  expect(await world.until(2, isOver)).toMatchObject({ outcome: OUTCOME_UNKNOWN, attempts: 1 });
  expect(await world.until(3, isOver)).toMatchObject({ state: "finished", attempts: 2 });
  expect(await world.until(4, isOver)).toMatchObject({ outcome: TASK_WORN_OUT });
  expect(world.made.sort()).toEqual(["tsk_1", "tsk_3"]);
});

test("what waits for too long, or was canceled before it began, is not carried out", async () => {
  await using world = await setup(async () => DONE);
  await world.tasks.insert(waitingTask(1, {}, 1, { maxAttempts: 3, ttlMs: 10 }));
  await world.tasks.insert(waitingTask(2));
  await world.tasks.cancelWaiting("tsk_2", TASK_CANCELED, new Date(START));
  world.worker.start();
  expect(await world.until(1, isOver)).toMatchObject({ outcome: TASK_EXPIRED });
  expect([(await world.tasks.byId("tsk_2"))?.outcome, world.made]).toEqual([TASK_CANCELED, []]);
});

test("how far a call is shows while it runs, the last word of it", async () => {
  const release = Promise.withResolvers<CallEnd>();
  const telling: Script = async (_, { onProgress }) => {
    onProgress({ progress: 1, total: 3 });
    onProgress({ progress: 2, total: 3 });
    return release.promise;
  };
  await using world = await setup(telling);
  await world.tasks.insert(waitingTask(1));
  world.worker.start();
  await world.until(1, (task) => (task as { progress?: object }).progress !== undefined);
  release.resolve(DONE);
  expect(await world.until(1, isOver)).toMatchObject({ progress: { progress: 2, total: 3 } });
});
