import { onEveryEngine } from "../../store/databases.fixture.ts";
import { sqlWorkerStore } from "./sql-worker-store.ts";
import { workerStoreContract } from "./worker-store.contract.ts";

onEveryEngine((engine, withDatabase) => workerStoreContract(engine, (run) => withDatabase((db) => run(sqlWorkerStore(db)))));
