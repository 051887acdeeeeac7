import { onEveryEngine } from "../../store/databases.fixture.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { enrolledGatewayStoreContract } from "./enrolled-gateway-store.contract.ts";
import { sqlEnrolledGatewayStore } from "./sql-enrolled-gateway-store.ts";

onEveryEngine((engine, withDatabase) =>
  enrolledGatewayStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      const log = plainChangeLog(db);
      await run(sqlEnrolledGatewayStore(db, log), log.changes);
    }),
  ),
);
