/** Rounds in which the worker of dispatched calls is killed with -9 at a random step, and what is left of its tasks. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskClaim } from "../../src/api/dispatch-task.ts";
import { sqlTaskStore } from "../../src/control/task/sql-task-store.ts";
import type { Task } from "../../src/control/task/task.ts";
import { TaskKeeper } from "../../src/control/task/task-keeper.ts";
import { migrateToLatest } from "../../src/store/migrate.ts";
import { openDatabase } from "../../src/store/open-database.ts";

const WORKER = join(import.meta.dirname, "../e2e/fixtures/killed-worker.ts");
const MINUTE_MS = 60_000;
const TASKS_PER_ROUND = 3;
/** A round has about so many steps for each task. */
const MAX_STEP = 40;

export interface KillRoundsOptions {
  readonly rounds: number;
  /** An empty folder. */
  readonly folder: string;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface KillRounds {
  /** Rounds in which the worker was killed; in the others it had done all before its step came. */
  readonly kills: number;
  /** All that was acknowledged, as it is in the end. */
  readonly tasks: readonly (Task | undefined)[];
  /** What of the tasks breaks the promise; empty where nothing does. */
  readonly broken: readonly string[];
}

interface Lane extends Omit<KillRounds, "broken"> {
  /** How often each task was carried out. */
  readonly calls: ReadonlyMap<string, number>;
}

function brokenPromises({ tasks, calls }: Lane): string[] {
  return tasks.flatMap((task, index) => {
    if (task === undefined) return [`task ${index} is lost`];
    const made = calls.get(task.taskId) ?? 0;
    const isRepeatable = isRepeatableTask(task.taskId);
    const reason = reasonOf(task);
    if (task.outcome === undefined) return [`${task.taskId} is ${task.state} for ever`];
    if (task.state === "finished" && made === 0) return [`${task.taskId} has finished and was never carried out`];
    if (!isRepeatable && made > 1) return [`${task.taskId} was carried out ${made} times`];
    if (task.state === "failed" && (isRepeatable || reason !== "outcome_unknown")) return [`${task.taskId} has failed: ${reason}`];
    return [];
  });
}

const isRepeatableTask = (taskId: string) => taskId.endsWith("r");

function reasonOf({ outcome }: Task): string | undefined {
  const { data } = JSON.parse(outcome?.text ?? "{}") as { data?: { reason?: string } };
  return data?.reason;
}

/** Lanes, each with a database of its own: to start a process takes longer than what it does until it is killed. */
const LANES = 4;

export async function runKillRounds({ rounds, folder, random }: KillRoundsOptions): Promise<KillRounds> {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const own = join(folder, `lane-${lane}`);
    mkdirSync(own);
    return runLane({ rounds: Math.ceil(rounds / LANES), folder: own, random });
  });
  const ran = await Promise.all(lanes);
  return {
    kills: ran.reduce((sum, { kills }) => sum + kills, 0),
    tasks: ran.flatMap(({ tasks }) => tasks),
    broken: ran.flatMap(brokenPromises),
  };
}

async function runLane({ rounds, folder, random }: KillRoundsOptions): Promise<Lane> {
  const url = `sqlite:${join(folder, "tasks.db")}`;
  const callsFile = join(folder, "calls");
  const { db } = await openDatabase(url);
  try {
    await migrateToLatest(db);
    const store = sqlTaskStore(db);
    const acknowledged: string[] = [];
    let kills = 0;
    for (let round = 0; round <= rounds; round += 1) {
      const now = new Date(Date.now() + round * MINUTE_MS);
      if (round < rounds) acknowledged.push(...(await accept(store, round, now)));
      const step = round < rounds ? 1 + Math.floor(random() * MAX_STEP) : 0;
      const child = Bun.spawn([process.execPath, WORKER, url, callsFile, String(round), String(step)], {
        stdout: "ignore",
        stderr: "inherit",
      });
      await child.exited;
      if (child.signalCode === "SIGKILL") kills += 1;
      else if (child.exitCode !== 0) throw new Error(`the worker ended with ${child.exitCode} in round ${round}`);
    }
    return { kills, tasks: await Promise.all(acknowledged.map((id) => store.byId(id))), calls: countLines(callsFile) };
  } finally {
    await db.destroy();
  }
}

/** Tasks that were answered with 202; one of three says that it may be carried out twice. */
async function accept(store: ReturnType<typeof sqlTaskStore>, round: number, now: Date): Promise<string[]> {
  const terms = { maxAttempts: 1000, ttlMs: 20 * 3600_000 };
  const nothing = { failover: "fail", isServed: async () => true, onQueued: () => {}, onCanceled: () => {}, onFailover: () => {} } as const;
  const keeper = new TaskKeeper({ tasks: store, clock: { now: () => now }, queue: { terms, ...nothing } });
  const ids = Array.from({ length: TASKS_PER_ROUND }, (_, n) => `tsk_${round}_${n}${n === 0 ? "r" : ""}`);
  const claimed = await Promise.all(ids.map((id) => keeper.claim(claimOf(id))));
  if (claimed.some(({ kind }) => kind !== "queued")) throw new Error("a task was not accepted");
  return ids;
}

function claimOf(taskId: string): TaskClaim {
  const keyHash = new Bun.CryptoHasher("sha256").update(taskId).digest("hex");
  const params = JSON.stringify({ name: isRepeatableTask(taskId) ? "repeatable" : "once" });
  const grant = { principal: { kind: "system", id: "test" } as const, bindings: [], scopes: [] };
  const later = { params, grant, project: null, server: "one", tool: null, priority: "normal" } as const;
  const about = { principal: "system:test", target: "server:one", idempotencyKey: taskId, method: "tools/call", traceId: taskId };
  return { taskId, owner: `own_${taskId}`, keyHash, payloadHash: keyHash, ...about, leaseMs: 30_000, later };
}

function countLines(file: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
