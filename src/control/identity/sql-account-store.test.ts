import { onEveryEngine } from "../../store/databases.fixture.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { accountStoreContract } from "./account-store.contract.ts";
import { addUser } from "./identity.fixture.ts";
import { sqlAccountStore } from "./sql-account-store.ts";
import { sqlSessionStore } from "./sql-session-store.ts";

onEveryEngine((engine, withDatabase) =>
  accountStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      await addUser(db, "ada", { roles: '["view"]' });
      await addUser(db, "bob");
      await addUser(db, "eve", { disabled: 1 });
      await addUser(db, "new", { email: null, password_hash: null });
      const log = plainChangeLog(db);
      await run({ accounts: sqlAccountStore(db, log), sessions: sqlSessionStore(db, log), changes: log.changes });
    }),
  ),
);
