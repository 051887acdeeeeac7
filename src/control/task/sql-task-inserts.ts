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

  /** The ids of those that are there now. */
  async #insertAll(tx: Transaction<Schema>, batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const tasks = batch.map(({ task }) => task);
    const turns = await turnsIn(tx, tasks);
    const insert = tx.insertInto("dispatch_tasks").values(tasks.map((task) => taskRowOf(task, turns.get(task) ?? 0)));
    // A row that is refused would end the whole transaction on Postgres.
    const orNot = engineOf(tx) === "mysql" ? insert.ignore() : insert.onConflict((on) => on.column("key_hash").doNothing());
    const { numInsertedOrUpdatedRows } = await orNot.executeTakeFirst();
    const all = tasks.map(({ taskId }) => taskId);
    const inserted = numInsertedOrUpdatedRows === BigInt(tasks.length) ? new Set(all) : await idsIn(tx, tasks);
    const offers = tasks.filter(({ state, taskId }) => state === "queued" && inserted.has(taskId));
    if (offers.length > 0)
      await offerIn(
        this.#queue,
        tx,
        offers.map((task) => offerOf(task, turns.get(task) ?? 0)),
      );
    return inserted;
  }
}

/** Those of the tasks whose rows these are: another one may have the key, and even the id is only as good as its claimant. */
async function idsIn(tx: Transaction<Schema>, tasks: readonly Task[]): Promise<ReadonlySet<string>> {
  const ids = tasks.map(({ taskId }) => taskId);
  const rows = await tx
    .selectFrom("dispatch_tasks")
    .select("id")
    .where("id", "in", ids)
    .where(
      "created_at",
      "in",
      tasks.map(({ createdAt }) => createdAt.toISOString()),
    )
    .execute();
  return new Set(rows.map(({ id }) => id));
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
