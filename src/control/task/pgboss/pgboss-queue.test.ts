import { expect, test } from "bun:test";
import { sql } from "kysely";
import { onServers } from "../../../store/databases.fixture.ts";
import { queuedTasksContract, waitingTask } from "../queued-tasks.contract.ts";
import { sqlOwnTasks } from "../sql-own-tasks.ts";
import { sqlQueuedTasks } from "../sql-queued-tasks.ts";
import { sqlTaskStore } from "../sql-task-store.ts";
import { taskQueueContract, type WithTaskQueue } from "../task-queue.contract.ts";
import { pgbossQueue } from "./pgboss-queue.ts";

onServers(
  (_, withServer) => {
    const withQueue: WithTaskQueue = (run) =>
      withServer(async (db) => {
        await sql`drop schema if exists mcpctl_pgboss cascade`.execute(db);
        const queue = pgbossQueue({ db, tasks: sqlQueuedTasks(db), onFailure: () => {} });
        try {
          await queue.open();
          await run({ queue, tasks: sqlTaskStore(db, queue), queued: sqlQueuedTasks(db, queue), db });
        } finally {
          await queue.close();
        }
      });

    taskQueueContract("pg-boss", withQueue);

    queuedTasksContract("pg-boss", (run) => withQueue(({ tasks, queued, db }) => run({ tasks: { ...tasks, ...sqlOwnTasks(db) }, queued })));

    test("where pg-boss is gone nothing is queued, and no row is left", () =>
      withQueue(async ({ tasks, db }) => {
        await sql`drop schema mcpctl_pgboss cascade`.execute(db);
        await expect(tasks.insert(waitingTask(1))).rejects.toMatchObject({ code: "unavailable", reason: "QUEUE_UNAVAILABLE" });
        expect(await tasks.byId("tsk_1")).toBeUndefined();
      }));
  },
  ["Postgres"],
);
