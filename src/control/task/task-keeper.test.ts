import { describe, expect, test } from "bun:test";
import type { TaskClaim, TaskOutcome } from "../../api/dispatch-task.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { sqlTaskStore } from "./sql-task-store.ts";
import { KEY_TTL_MS, MAX_KEYS_PER_PRINCIPAL, OUTCOME_UNKNOWN } from "./task.ts";
import { TaskKeeper } from "./task-keeper.ts";

const LEASE_MS = 30_000;
const DONE: TaskOutcome = { state: "finished", text: '{"content":[]}' };

async function setup() {
  const db = await openMemoryDatabase();
  const time = { ms: Date.parse("2026-01-01T00:00:00Z") };
  const tasks = sqlTaskStore(db);
  const clock = { now: () => new Date(time.ms) };
  const keeper = new TaskKeeper({ tasks, clock });
  let next = 0;
  const claim = (changes: Partial<TaskClaim> = {}) => {
    next += 1;
    const hashes = { keyHash: "a".repeat(64), payloadHash: "b".repeat(64) };
    const about = { principal: "user:usr_1", target: "server:one", idempotencyKey: "k", method: "tools/call", traceId: `trace-${next}` };
    return keeper.claim({ taskId: `tsk_${next}`, owner: `own_${next}`, ...hashes, ...about, leaseMs: LEASE_MS, ...changes });
  };
  const rows = () => db.selectFrom("dispatch_tasks").selectAll().execute();
  return { keeper, tasks, clock, claim, time, rows };
}

const FIRST = { taskId: "tsk_1", owner: "own_1" };

test("the same call under the same key is the same task, while it runs and when it has ended", async () => {
  const { keeper, claim, rows } = await setup();
  expect(await claim()).toEqual({ kind: "begun" });
  const known = { taskId: "tsk_1", traceId: "trace-1" };
  expect(await claim()).toEqual({ kind: "known", task: { ...known, outcome: null } });
  expect(await keeper.finish(FIRST, DONE)).toEqual({ ...known, outcome: DONE });
  expect(await claim()).toEqual({ kind: "known", task: { ...known, outcome: DONE } });
  expect(await rows()).toHaveLength(1);
});

test("another call under the same key is a conflict, which leaves nothing and changes nothing", async () => {
  const { claim, rows } = await setup();
  await claim();
  const before = await rows();
  expect(await claim({ payloadHash: "c".repeat(64) })).toEqual({ kind: "conflict" });
  expect(await rows()).toEqual(before);
});

test("a claim that is sent again by the one who made it begins again", async () => {
  const { claim } = await setup();
  expect(await claim(FIRST)).toEqual({ kind: "begun" });
  expect(await claim(FIRST)).toEqual({ kind: "begun" });
});

test("a task whose runner is gone has failed with an unknown outcome, for good", async () => {
  const { keeper, claim, time } = await setup();
  await claim();
  time.ms += LEASE_MS - 1;
  expect(await claim()).toMatchObject({ kind: "known", task: { outcome: null } });
  time.ms += 1;
  const lost = { kind: "known", task: { taskId: "tsk_1", traceId: "trace-1", outcome: OUTCOME_UNKNOWN } } as const;
  expect(await claim()).toEqual(lost);
  expect(JSON.parse(OUTCOME_UNKNOWN.text)).toMatchObject({ data: { reason: "outcome_unknown" } });
  expect(await keeper.finish(FIRST, DONE)).toEqual(lost.task);
  expect(await keeper.renew(FIRST, LEASE_MS)).toBe(false);
  expect(await claim()).toEqual(lost);
});

test("a runner that says in time that it lives keeps its task", async () => {
  const { keeper, claim, time } = await setup();
  await claim();
  for (let times = 0; times < 3; times += 1) {
    time.ms += LEASE_MS - 1;
    expect(await keeper.renew(FIRST, LEASE_MS)).toBe(true);
  }
  expect(await claim()).toMatchObject({ task: { outcome: null } });
  expect(await keeper.renew({ ...FIRST, owner: "own_2" }, LEASE_MS)).toBe(false);
});

test("a released key may stand for another call", async () => {
  const { keeper, claim } = await setup();
  await claim();
  await keeper.release(FIRST);
  expect(await claim({ payloadHash: "c".repeat(64) })).toEqual({ kind: "begun" });
});

test("after a day a key is free, and its row is gone", async () => {
  const { keeper, claim, time, rows } = await setup();
  await claim();
  await keeper.finish(FIRST, DONE);
  time.ms += KEY_TTL_MS - 1;
  expect(await claim({ payloadHash: "c".repeat(64) })).toEqual({ kind: "conflict" });
  time.ms += 1;
  expect(await claim({ payloadHash: "c".repeat(64) })).toEqual({ kind: "begun" });
  expect(await rows()).toHaveLength(1);
});

test("one principal has no more keys than its bound, and takes none from others; what it has is still told", async () => {
  const { tasks, clock, claim } = await setup();
  await claim();
  const full = {
    ...tasks,
    hasAsMany: async (principal: string, count: number) => principal === "user:usr_1" && count <= MAX_KEYS_PER_PRINCIPAL,
  };
  const keeper = new TaskKeeper({ tasks: full, clock });
  const other = { ...FIRST, payloadHash: "b".repeat(64), target: "t", idempotencyKey: "k", method: "m", traceId: "t", leaseMs: LEASE_MS };
  const fresh = { ...other, taskId: "tsk_9", owner: "own_9", keyHash: "d".repeat(64) };
  await expect(keeper.claim({ ...fresh, principal: "user:usr_1" })).rejects.toMatchObject({ code: "exhausted", reason: "TASKS_FULL" });
  expect(await keeper.claim({ ...fresh, principal: "user:usr_2" })).toEqual({ kind: "begun" });
  expect(await keeper.claim({ ...other, owner: "own_8", keyHash: "a".repeat(64), principal: "user:usr_1" })).toMatchObject({
    kind: "known",
  });
});

test("whoever asks for a task whose runner is gone hears that its outcome is unknown", async () => {
  const { keeper, claim, time } = await setup();
  const place = { project: "demo", server: null, tool: "a__b" };
  await claim({ place });
  const own = { taskId: "tsk_1", principal: "user:usr_1" };
  expect(await keeper.find(own)).toMatchObject({ task: { state: "running", ...place }, outcome: null });
  time.ms += LEASE_MS;
  expect(await keeper.find({ ...own, principal: "user:usr_2" })).toBeUndefined();
  expect(await keeper.find(own)).toMatchObject({ task: { state: "failed" }, outcome: OUTCOME_UNKNOWN });
  expect(await keeper.finish(FIRST, DONE)).toMatchObject({ outcome: OUTCOME_UNKNOWN });
});

describe("where tasks are queued", () => {
  const later = {
    params: '{"name":"a"}',
    grant: { principal: { kind: "user", id: "usr_1", name: "jo" }, bindings: [], scopes: [] },
    project: "demo",
    server: null,
    tool: "a",
    priority: "normal",
  } satisfies TaskClaim["later"];

  async function queueing(failover: "sync" | "fail", changes: { isServed?: boolean; offer?: () => Promise<void> } = {}) {
    const { isServed = true, offer = async () => {} } = changes;
    const db = await openMemoryDatabase();
    const heard: string[] = [];
    const queue = {
      terms: { maxAttempts: 3, ttlMs: 60_000 },
      failover,
      isServed: async () => isServed,
      onQueued: () => void heard.push("queued"),
      onCanceled: (taskId: string) => void heard.push(`canceled ${taskId}`),
      onFailover: ({ reason }: { reason: string }) => void heard.push(reason),
    };
    const tasks = sqlTaskStore(db, { offer });
    const keeper = new TaskKeeper({ tasks, clock: { now: () => new Date("2026-01-01T00:00:00Z") }, queue });
    const claim = (changes: Partial<TaskClaim> = {}) => keeper.claim({ ...CLAIM, later, ...changes });
    return { tasks, keeper, claim, heard };
  }

  const CLAIM: TaskClaim = {
    ...FIRST,
    keyHash: "a".repeat(64),
    payloadHash: "b".repeat(64),
    principal: "user:usr_1",
    target: "project:prj_1",
    idempotencyKey: "k",
    method: "tools/call",
    traceId: "trace-1",
    leaseMs: LEASE_MS,
  };

  test("a call waits, is the same task for whoever asks again, and another call under its key is a conflict", async () => {
    const { claim, heard } = await queueing("fail");
    expect(await claim()).toEqual({ kind: "queued" });
    expect(await claim({ taskId: "tsk_2", owner: "own_2" })).toEqual({
      kind: "known",
      task: { taskId: "tsk_1", traceId: "trace-1", outcome: null },
    });
    expect(await claim({ taskId: "tsk_3", owner: "own_3", payloadHash: "c".repeat(64) })).toEqual({ kind: "conflict" });
    expect(heard).toEqual(["queued"]);
  });

  test("a call that says nothing of later is carried out by whoever sends it", async () => {
    const { keeper } = await queueing("fail");
    expect(await keeper.claim(CLAIM)).toEqual({ kind: "begun" });
  });

  test("a queue that takes none, or has no worker, leaves the call to its request or refuses it, and keeps nothing", async () => {
    const refusing = async () => {
      throw new Error("the broker is gone");
    };
    for (const changes of [{ offer: refusing }, { isServed: false }]) {
      const strict = await queueing("fail", changes);
      await expect(strict.claim()).rejects.toMatchObject({ code: "unavailable", reason: "QUEUE_UNAVAILABLE" });
      expect(await strict.tasks.byId("tsk_1")).toBeUndefined();
      const lenient = await queueing("sync", changes);
      expect(await lenient.claim()).toEqual({ kind: "begun" });
      expect([await lenient.tasks.byId("tsk_1"), lenient.heard]).toMatchObject([
        { state: "running", call: undefined },
        ["QUEUE_UNAVAILABLE"],
      ]);
    }
  });

  test("its owner reads and cancels it, and nobody else", async () => {
    const { keeper, claim } = await queueing("fail");
    await claim();
    const stranger = { taskId: "tsk_1", principal: "user:usr_2" };
    expect([await keeper.find(stranger), await keeper.cancel(stranger), await keeper.list({ principal: "user:usr_2", limit: 9 })]).toEqual([
      undefined,
      undefined,
      [],
    ]);
    const own = { taskId: "tsk_1", principal: "user:usr_1" };
    expect(await keeper.find(own)).toMatchObject({ task: { state: "queued", project: "demo", tool: "a", attempts: 0 }, outcome: null });
    expect(await keeper.cancel(own)).toMatchObject({ task: { state: "canceled" }, outcome: { state: "canceled" } });
    expect(await keeper.cancel(own)).toEqual(await keeper.find(own));
  });

  test("one that runs is asked to stop", async () => {
    const { keeper, claim, tasks, heard } = await queueing("fail");
    await claim({ later: undefined });
    const own = { taskId: "tsk_1", principal: "user:usr_1" };
    expect(await keeper.cancel(own)).toMatchObject({ task: { state: "running", cancel_requested: true }, outcome: null });
    expect([heard, (await tasks.byId("tsk_1"))?.cancelAsked]).toEqual([["canceled tsk_1"], true]);
  });
});
