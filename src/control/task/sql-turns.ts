import type { Transaction } from "kysely";
import type { Schema } from "../../store/schema.ts";
import type { Task } from "./task.ts";
import { laneOf } from "./task-row.ts";

/**
 * Whose turn is when, of new tasks that wait: a principal's next task comes after its last one that waits, and no earlier
 * than the first of all that wait. So one who brings a thousand is served in turns with one who brings one, and nobody saves
 * turns up.
 */
export async function turnsIn(tx: Transaction<Schema>, tasks: readonly Task[]): Promise<ReadonlyMap<Task, number>> {
  const turns = new Map<Task, number>();
  const lanes = Map.groupBy(
    tasks.filter(({ state }) => state === "queued"),
    ({ priority }) => laneOf(priority),
  );
  for (const [lane, inLane] of lanes) {
    const first = await firstTurn(tx, lane);
    const last = await lastTurns(tx, lane, [...new Set(inLane.map(({ principal }) => principal))]);
    for (const task of inLane) {
      const own = last.get(task.principal);
      const turn = Math.max(first, own === undefined ? 0 : own + 1);
      turns.set(task, turn);
      last.set(task.principal, turn);
    }
  }
  return turns;
}

async function firstTurn(tx: Transaction<Schema>, lane: number): Promise<number> {
  const waiting = tx.selectFrom("dispatch_tasks").select("turn").where("state", "=", "queued").where("lane", "=", lane);
  return Number((await waiting.orderBy("turn").limit(1).executeTakeFirst())?.turn ?? 0);
}

async function lastTurns(tx: Transaction<Schema>, lane: number, principals: readonly string[]): Promise<Map<string, number>> {
  const rows = await tx
    .selectFrom("dispatch_tasks")
    .select(["principal", (eb) => eb.fn.max("turn").as("last")])
    .where("principal", "in", principals)
    .where("state", "=", "queued")
    .where("lane", "=", lane)
    .groupBy("principal")
    .execute();
  return new Map(rows.map(({ principal, last }) => [principal, Number(last)]));
}
