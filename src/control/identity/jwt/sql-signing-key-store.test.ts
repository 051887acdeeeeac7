import { onEveryEngine } from "../../../store/databases.fixture.ts";
import { plainChangeLog } from "../../change/plain-change-log.fixture.ts";
import { signingKeyStoreContract } from "./signing-key-store.contract.ts";
import { sqlSigningKeyStore } from "./sql-signing-key-store.ts";

onEveryEngine((engine, withDatabase) =>
  signingKeyStoreContract(engine, (run) =>
    withDatabase((db) => {
      const log = plainChangeLog(db);
      return run({ store: sqlSigningKeyStore(db, log), changes: log.changes });
    }),
  ),
);
