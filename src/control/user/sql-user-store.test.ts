import { onEveryEngine } from "../../store/databases.fixture.ts";
import { sqlUserStore } from "./sql-user-store.ts";
import { userStoreContract } from "./user-store.contract.ts";

onEveryEngine((engine, withDatabase) => userStoreContract(engine, withDatabase, sqlUserStore));
