import type { Kysely, Transaction } from "kysely";
import { AppError, toAppError } from "../../core/app-error.ts";
import { engineOf } from "../../store/engine.ts";
import { retryTransaction } from "../../store/retry-transaction.ts";
import type { Schema } from "../../store/schema.ts";
import { turnsIn } from "./sql-turns.ts";
import type { Task } from "./task.ts";
import type { TaskOffer, TaskQueue } from "./task-queue.ts";
import { laneOf, taskRowOf } from "./task-row.ts";

interface Waiting {
  readonly task: Task;
  readonly resolve: (inserted: boolean) => void;
  readonly reject: (thrown: unknown) => void;
}

/** More than this are not committed at once: those who came first wait for those behind them. */
const MAX_BATCH = 100;

/**
 * Inserts tasks. What comes while a transaction is on its way is committed together by the next one: a disk takes a few
 * hundred commits in a second, and a commit, or a statement, takes many rows.
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
        for (const { task, resolve } of batch) resolve(inserted.has(task.taskId));
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    this.#isBusy = false;
  }

  /** The ids of those that were inserted. */
  async #insertAll(tx: Transaction<Schema>, batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const tasks = await newIn(
      tx,
      batch.map(({ task }) => task),
    );
    if (tasks.length === 0) return new Set();
    const turns = await turnsIn(tx, tasks);
    const insert = tx.insertInto("dispatch_tasks").values(tasks.map((task) => taskRowOf(task, turns.get(task) ?? 0)));
    // Another process may have the key since; a row that is refused would end the whole transaction on Postgres.
    const orNot = engineOf(tx) === "mysql" ? insert.ignore() : insert.onConflict((on) => on.column("key_hash").doNothing());
    const { numInsertedOrUpdatedRows: count } = await orNot.executeTakeFirst();
    const inserted = count === BigInt(tasks.length) ? tasks : await thereOf(tx, tasks);
    const offers = inserted.filter(({ state }) => state === "queued").map((task) => offerOf(task, turns.get(task) ?? 0));
    if (offers.length > 0) await offerIn(this.#queue, tx, offers);
    return new Set(inserted.map(({ taskId }) => taskId));
  }
}

/** Those whose keys nobody has; of several with one key the first. */
async function newIn(tx: Transaction<Schema>, tasks: readonly Task[]): Promise<readonly Task[]> {
  const keys = tasks.map(({ keyHash }) => keyHash);
  const rows = await tx.selectFrom("dispatch_tasks").select("key_hash").where("key_hash", "in", keys).execute();
  const taken = new Set(rows.map(({ key_hash }) => key_hash));
  return tasks.filter(({ keyHash }) => !taken.has(keyHash) && taken.add(keyHash));
}

/** Those whose rows are there. Nobody else makes a task of the same id, unless it is the same claim. */
async function thereOf(tx: Transaction<Schema>, tasks: readonly Task[]): Promise<readonly Task[]> {
  const ids = tasks.map(({ taskId }) => taskId);
  const rows = await tx.selectFrom("dispatch_tasks").select("id").where("id", "in", ids).execute();
  const there = new Set(rows.map(({ id }) => id));
  return tasks.filter(({ taskId }) => there.has(taskId));
}

function offerOf({ taskId, priority, runAt }: Task, turn: number): TaskOffer {
  return { taskId, lane: laneOf(priority), turn, runAt };
}

/** Throws `unavailable`/`QUEUE_UNAVAILABLE`. */
export async function offerIn(queue: Pick<TaskQueue, "offer">, ...[tx, offers]: Parameters<TaskQueue["offer"]>): Promise<void> {
  try {
    await queue.offer(tx, offers);
  } catch (thrown) {
    const { message } = toAppError(thrown);
    throw new AppError("unavailable", "QUEUE_UNAVAILABLE", `The queue of dispatched calls takes none now: ${message}`, { cause: thrown });
  }
}
