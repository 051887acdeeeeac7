import { onEveryEngine } from "../../store/databases.fixture.ts";
import { embeddedQueue } from "./embedded-queue.ts";
import { sqlQueuedTasks } from "./sql-queued-tasks.ts";
import { sqlTaskStore } from "./sql-task-store.ts";
import { taskQueueContract } from "./task-queue.contract.ts";

onEveryEngine((engine, withDatabase) =>
  taskQueueContract(`embedded on ${engine}`, (run) =>
    withDatabase((db) => {
      const queued = sqlQueuedTasks(db);
      return run({ queue: embeddedQueue(queued), tasks: sqlTaskStore(db), queued, db });
    }),
  ),
);
