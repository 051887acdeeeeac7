import { onEveryEngine } from "../../store/databases.fixture.ts";
import { groupStoreContract } from "./group-store.contract.ts";
import { sqlGroupStore } from "./sql-group-store.ts";

onEveryEngine((engine, withDatabase) => groupStoreContract(engine, withDatabase, sqlGroupStore));
