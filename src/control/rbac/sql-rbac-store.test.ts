import { onEveryEngine } from "../../store/databases.fixture.ts";
import { rbacStoreContract } from "./rbac-store.contract.ts";
import { sqlRbacStore } from "./sql-rbac-store.ts";

onEveryEngine((engine, withDatabase) => rbacStoreContract(engine, withDatabase, sqlRbacStore));
