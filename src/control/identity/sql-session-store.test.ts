import { onEveryEngine } from "../../store/databases.fixture.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { addUser } from "./identity.fixture.ts";
import { sessionStoreContract } from "./session-store.contract.ts";
import { sqlAccountStore } from "./sql-account-store.ts";
import { sqlSessionStore } from "./sql-session-store.ts";

onEveryEngine((engine, withDatabase) =>
  sessionStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      for (const name of ["ada", "bob"]) await addUser(db, name);
      const log = plainChangeLog(db);
      const disable = async (userId: string) => {
        await db.updateTable("users").set({ disabled: 1 }).where("id", "=", userId).execute();
      };
      await run({ sessions: sqlSessionStore(db, log), accounts: sqlAccountStore(db, log), changes: log.changes, disable });
    }),
  ),
);
