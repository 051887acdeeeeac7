import { onEveryEngine } from "../../store/databases.fixture.ts";
import { queuedTasksContract } from "./queued-tasks.contract.ts";
import { sqlOwnTasks } from "./sql-own-tasks.ts";
import { sqlQueuedTasks } from "./sql-queued-tasks.ts";
import { sqlTaskStore } from "./sql-task-store.ts";

onEveryEngine((engine, withDatabase) =>
  queuedTasksContract(engine, (run) =>
    withDatabase((db) => run({ tasks: { ...sqlTaskStore(db), ...sqlOwnTasks(db) }, queued: sqlQueuedTasks(db) })),
  ),
);
