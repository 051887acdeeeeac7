import { expect, test } from "bun:test";
import type { TaskClaim, TaskOutcome } from "../../api/dispatch-task.ts";
import type { DispatchTasks } from "./dispatch-tasks.ts";

/** Gives empty tasks, and moves the time that they see. */
export type WithDispatchTasks = (run: (tasks: DispatchTasks, pass: (ms: number) => void) => Promise<void>) => Promise<void>;

const LEASE_MS = 5000;
const DONE: TaskOutcome = { state: "finished", text: '{"n":12345678901234567890,"t":"é"}' };

function claimOf(n: number, changes: Partial<TaskClaim> = {}): TaskClaim {
  const hashes = { keyHash: "a".repeat(64), payloadHash: "b".repeat(64) };
  const about = { principal: "token:tok_1", target: "server:one", idempotencyKey: "k", method: "tools/call", traceId: `trace-${n}` };
  return { taskId: `tsk_${n}`, owner: `own_${n}`, ...hashes, ...about, leaseMs: LEASE_MS, ...changes };
}

const leaseOf = (n: number) => ({ taskId: `tsk_${n}`, owner: `own_${n}` });

/** What every adapter of `DispatchTasks` does. */
export function dispatchTasksContract(adapter: string, withTasks: WithDispatchTasks): void {
  test(`${adapter}: of those who claim a key at once one begins, and what it makes of the task all hear`, () =>
    withTasks(async (tasks) => {
      const claimed = await Promise.all([1, 2, 3, 4, 5].map((n) => tasks.claim(claimOf(n))));
      const begun = claimed.findIndex(({ kind }) => kind === "begun") + 1;
      const known = { taskId: `tsk_${begun}`, traceId: `trace-${begun}` };
      expect(claimed.filter(({ kind }) => kind === "begun")).toHaveLength(1);
      expect(await tasks.claim(claimOf(6))).toEqual({ kind: "known", task: { ...known, outcome: null } });
      expect(await tasks.finish(leaseOf(begun), DONE)).toEqual({ ...known, outcome: DONE });
      expect(await tasks.claim(claimOf(7))).toEqual({ kind: "known", task: { ...known, outcome: DONE } });
      expect(await tasks.claim(claimOf(8, { payloadHash: "c".repeat(64) }))).toEqual({ kind: "conflict" });
    }));

  test(`${adapter}: whoever lets a lease pass has lost the task, which has failed and stays so`, () =>
    withTasks(async (tasks, pass) => {
      await tasks.claim(claimOf(1));
      pass(LEASE_MS - 1);
      expect(await tasks.renew(leaseOf(1), LEASE_MS)).toBe(true);
      pass(LEASE_MS - 1);
      expect(await tasks.claim(claimOf(2))).toMatchObject({ task: { outcome: null } });
      pass(1);
      const lost = await tasks.claim(claimOf(3));
      if (lost.kind !== "known") throw new Error(`it is ${lost.kind}`);
      expect([lost.task.taskId, lost.task.outcome?.state]).toEqual(["tsk_1", "failed"]);
      expect(JSON.parse(lost.task.outcome?.text ?? "")).toMatchObject({ data: { reason: "outcome_unknown" } });
      expect(await tasks.renew(leaseOf(1), LEASE_MS)).toBe(false);
      expect(await tasks.finish(leaseOf(1), DONE)).toEqual(lost.task);
    }));

  test(`${adapter}: only the owner ends or releases a task; a released key is free for another call`, () =>
    withTasks(async (tasks) => {
      await tasks.claim(claimOf(1));
      const thief = { taskId: "tsk_1", owner: "own_2" };
      await tasks.release(thief);
      expect([await tasks.finish(thief, DONE), await tasks.renew(thief, LEASE_MS)]).toEqual([undefined, false]);
      expect(await tasks.claim(claimOf(1))).toEqual({ kind: "begun" });
      await tasks.release(leaseOf(1));
      expect(await tasks.claim(claimOf(2, { payloadHash: "c".repeat(64) }))).toEqual({ kind: "begun" });
    }));
}
