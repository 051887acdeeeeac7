import { onEveryEngine } from "../../store/databases.fixture.ts";
import { sqlTaskStore } from "./sql-task-store.ts";
import { taskStoreContract } from "./task-store.contract.ts";

onEveryEngine((engine, withDatabase) => taskStoreContract(engine, (run) => withDatabase((db) => run(sqlTaskStore(db)))));
