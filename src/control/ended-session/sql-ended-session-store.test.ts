import { onEveryEngine } from "../../store/databases.fixture.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { endedSessionStoreContract } from "./ended-session-store.contract.ts";
import { sqlEndedSessionStore } from "./sql-ended-session-store.ts";

onEveryEngine((engine, withDatabase) =>
  endedSessionStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      const log = plainChangeLog(db);
      await run(sqlEndedSessionStore(db, log), log.changes);
    }),
  ),
);
