import { onEveryEngine } from "../../../store/databases.fixture.ts";
import { plainChangeLog } from "../../change/plain-change-log.fixture.ts";
import { revokedJwtStoreContract } from "./revoked-jwt-store.contract.ts";
import { sqlRevokedJwtStore } from "./sql-revoked-jwt-store.ts";

onEveryEngine((engine, withDatabase) =>
  revokedJwtStoreContract(engine, (run) =>
    withDatabase((db) => {
      const log = plainChangeLog(db);
      return run({ store: sqlRevokedJwtStore(db, log), changes: log.changes });
    }),
  ),
);
