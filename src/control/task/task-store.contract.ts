import { expect, test } from "bun:test";
import type { TaskClaim, TaskOutcome } from "../../api/dispatch-task.ts";
import { MAX_OUTCOME_BYTES } from "../../api/dispatch-task.ts";
import { KEY_TTL_MS, type Task, taskOf } from "./task.ts";
import { TaskKeeper } from "./task-keeper.ts";
import type { TaskStore } from "./task-store.ts";

export type WithTaskStore = (run: (store: TaskStore) => Promise<void>) => Promise<void>;

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (ms: number) => new Date(START + ms);
const LEASE_MS = 30_000;
const DONE: TaskOutcome = { state: "finished", text: '{"content":[{"type":"text","text":"é 🦀"}]}' };

function claimOf(changes: Partial<TaskClaim> = {}): TaskClaim {
  return {
    taskId: "tsk_1",
    owner: "own_1",
    keyHash: "a".repeat(64),
    payloadHash: "b".repeat(64),
    principal: "token:tok_1",
    target: "server:content",
    idempotencyKey: "k-1",
    method: "tools/call",
    traceId: "trace-1",
    leaseMs: LEASE_MS,
    ...changes,
  };
}

const taskAt = (ms: number, changes: Partial<TaskClaim> = {}): Task => taskOf(claimOf(changes), at(ms));

/** What every adapter of `TaskStore` does. */
export function taskStoreContract(engine: string, withStore: WithTaskStore): void {
  test(`${engine}: a task is kept as it was, and a second one of its key is not`, () =>
    withStore(async (store) => {
      const task = taskAt(0, { idempotencyKey: "~".repeat(255), principal: "p".repeat(190), target: "t".repeat(190) });
      expect(await store.insert(task)).toBe(true);
      expect(await store.insert({ ...task, taskId: "tsk_2" })).toBe(false);
      expect([await store.byKey(task.keyHash), await store.byId("tsk_1")]).toEqual([task, task]);
      expect([await store.byKey("c".repeat(64)), await store.byId("tsk_2")]).toEqual([undefined, undefined]);
    }));

  test(`${engine}: only its owner renews, ends or releases it, and only while it runs`, () =>
    withStore(async (store) => {
      const [mine, theirs] = [
        { taskId: "tsk_1", owner: "own_1" },
        { taskId: "tsk_1", owner: "own_2" },
      ];
      await store.insert(taskAt(0));
      expect([await store.renew(theirs, at(1)), await store.finish(theirs, DONE, at(5))]).toEqual([false, false]);
      await store.release(theirs);
      expect(await store.renew(mine, at(60_000))).toBe(true);
      expect(await store.byId("tsk_1")).toMatchObject({ leaseUntil: at(60_000), outcome: undefined });
      expect(await store.finish(mine, DONE, at(5))).toBe(true);
      const again = { state: "failed", text: "{}" } as const;
      expect([await store.finish(mine, again, at(5)), await store.renew(mine, at(90_000))]).toEqual([false, false]);
      await store.release(mine);
      expect(await store.byId("tsk_1")).toMatchObject({ outcome: DONE, leaseUntil: at(60_000) });
    }));

  test(`${engine}: a released key is free`, () =>
    withStore(async (store) => {
      await store.insert(taskAt(0));
      await store.release({ taskId: "tsk_1", owner: "own_1" });
      expect(await store.insert(taskAt(1, { taskId: "tsk_2" }))).toBe(true);
    }));

  test(`${engine}: a task lapses when its lease is over, not before, and its owner comes too late then`, () =>
    withStore(async (store) => {
      const failed: TaskOutcome = { state: "failed", text: '{"code":-1}' };
      await store.insert(taskAt(0));
      expect(await store.lapse("tsk_1", failed, at(LEASE_MS - 1))).toBe(false);
      expect(await store.lapse("tsk_1", failed, at(LEASE_MS))).toBe(true);
      expect(await store.lapse("tsk_1", failed, at(LEASE_MS))).toBe(false);
      expect(await store.finish({ taskId: "tsk_1", owner: "own_1" }, DONE, at(5))).toBe(false);
      expect(await store.byId("tsk_1")).toMatchObject({ outcome: failed });
    }));

  test(`${engine}: the largest outcome is kept whole`, () =>
    withStore(async (store) => {
      const text = JSON.stringify("ü".repeat((MAX_OUTCOME_BYTES - 2) / 2));
      await store.insert(taskAt(0));
      await store.finish({ taskId: "tsk_1", owner: "own_1" }, { state: "finished", text }, at(5));
      expect((await store.byId("tsk_1"))?.outcome?.text === text).toBe(true);
    }));

  test(`${engine}: keys are counted for each principal, and pruned when they are free, but what runs stays`, () =>
    withStore(async (store) => {
      for (const [index, principal] of ["one", "one", "one", "other"].entries())
        await store.insert(taskAt(index, { taskId: `tsk_${index}`, keyHash: String(index).repeat(64), principal }));
      expect(await store.hasAsMany("one", 3)).toBe(true);
      expect([await store.hasAsMany("one", 4), await store.hasAsMany("nobody", 1)]).toEqual([false, false]);
      for (const index of [0, 1, 3]) await store.finish({ taskId: `tsk_${index}`, owner: "own_1" }, DONE, at(5));
      await store.renew({ taskId: "tsk_2", owner: "own_1" }, at(KEY_TTL_MS + 10));
      await store.prune(at(KEY_TTL_MS + 2));
      const left = await Promise.all(["tsk_0", "tsk_1", "tsk_2", "tsk_3"].map(async (id) => (await store.byId(id)) !== undefined));
      expect(left).toEqual([false, false, true, true]);
    }));

  test(`${engine}: of fifty who claim one key at once one begins, and the others hear of the same task`, () =>
    withStore(async (store) => {
      const keeper = new TaskKeeper({ tasks: store, clock: { now: () => at(0) } });
      const claims = Array.from({ length: 50 }, (_, index) => keeper.claim(claimOf({ taskId: `tsk_${index}`, owner: `own_${index}` })));
      const claimed = await Promise.all(claims);
      const begun = claimed.findIndex(({ kind }) => kind === "begun");
      expect(claimed.filter(({ kind }) => kind === "begun")).toHaveLength(1);
      const known = { kind: "known", task: { taskId: `tsk_${begun}`, traceId: "trace-1", outcome: null } } as const;
      expect(claimed.filter((_, index) => index !== begun)).toEqual(Array.from({ length: 49 }, () => known));
    }));
}
