import type { Kysely, Transaction } from "kysely";
import { AppError, toAppError } from "../../core/app-error.ts";
import { engineOf } from "../../store/engine.ts";
import { retryTransaction } from "../../store/retry-transaction.ts";
import type { Schema } from "../../store/schema.ts";
import type { Task } from "./task.ts";
import type { TaskQueue } from "./task-queue.ts";
import { laneOf, taskRowOf } from "./task-row.ts";

interface Waiting {
  readonly task: Task;
  readonly resolve: (inserted: boolean) => void;
  readonly reject: (thrown: unknown) => void;
}

/** More than this are not committed at once: those who came first wait for those behind them. */
const MAX_BATCH = 200;

/**
 * Inserts tasks. What comes while a transaction is on its way is committed together by the next one: a disk takes a few
 * hundred commits in a second, and a commit takes many rows.
 */
export class SqlTaskInserts {
  readonly #db: Kysely<Schema>;
  readonly #queue: Pick<TaskQueue, "offer">;
  #waiting: Waiting[] = [];
  #isBusy = false;

  constructor(db: Kysely<Schema>, queue: Pick<TaskQueue, "offer">) {
    this.#db = db;
    this.#queue = queue;
  }

  insert(task: Task): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject });
      if (!this.#isBusy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      try {
        const inserted = await retryTransaction(this.#db, (tx) => this.#insertAll(tx, batch));
        for (const [index, { resolve }] of batch.entries()) resolve(inserted[index] === true);
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    this.#isBusy = false;
  }

  async #insertAll(tx: Transaction<Schema>, batch: readonly Waiting[]): Promise<boolean[]> {
    const turns = new Turns(tx);
    const inserted: boolean[] = [];
    for (const { task } of batch) inserted.push(await this.#insertOne(tx, task, turns));
    return inserted;
  }

  async #insertOne(tx: Transaction<Schema>, task: Task, turns: Turns): Promise<boolean> {
    const waits = task.state === "queued";
    const lane = laneOf(task.priority);
    const turn = waits ? await turns.next(task.principal, lane) : 0;
    const insert = tx.insertInto("dispatch_tasks").values(taskRowOf(task, turn));
    // A row that is refused would end the whole transaction on Postgres.
    const orNot = engineOf(tx) === "mysql" ? insert.ignore() : insert.onConflict((on) => on.column("key_hash").doNothing());
    const { numInsertedOrUpdatedRows } = await orNot.executeTakeFirst();
    if (numInsertedOrUpdatedRows !== 1n) return false;
    turns.taken(task.principal, lane, turn);
    if (waits) await offerIn(this.#queue, tx, { taskId: task.taskId, lane, turn, runAt: task.runAt });
    return true;
  }
}

/** Throws `unavailable`/`QUEUE_UNAVAILABLE`. */
export async function offerIn(queue: Pick<TaskQueue, "offer">, ...[tx, offer]: Parameters<TaskQueue["offer"]>): Promise<void> {
  try {
    await queue.offer(tx, offer);
  } catch (thrown) {
    const { message } = toAppError(thrown);
    throw new AppError("unavailable", "QUEUE_UNAVAILABLE", `The queue of dispatched calls takes none now: ${message}`, { cause: thrown });
  }
}

/**
 * Who is whose turn: a principal's next task comes after its last one that waits, and no earlier than the first of all
 * that wait. So one who brings a thousand is served in turns with one who brings one, and nobody saves turns up.
 */
class Turns {
  readonly #tx: Transaction<Schema>;
  readonly #known = new Map<string, number>();

  constructor(tx: Transaction<Schema>) {
    this.#tx = tx;
  }

  async next(principal: string, lane: number): Promise<number> {
    const known = this.#known.get(`${lane} ${principal}`);
    if (known !== undefined) return known + 1;
    const waiting = () => this.#tx.selectFrom("dispatch_tasks").select("turn").where("state", "=", "queued").where("lane", "=", lane);
    const [first, own] = [
      await waiting().orderBy("turn").limit(1).executeTakeFirst(),
      await waiting().where("principal", "=", principal).orderBy("turn", "desc").limit(1).executeTakeFirst(),
    ];
    return Math.max(Number(first?.turn ?? 0), own === undefined ? 0 : Number(own.turn) + 1);
  }

  taken(principal: string, lane: number, turn: number): void {
    this.#known.set(`${lane} ${principal}`, turn);
  }
}
