import { onEveryEngine } from "../../store/databases.fixture.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { secretStoreContract } from "./secret-store.contract.ts";
import { sqlSecretStore } from "./sql-secret-store.ts";

onEveryEngine((engine, withDatabase) =>
  secretStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      const changes = plainChangeLog(db);
      const times = { version: 1, created_at: "", updated_at: "" };
      const server = { description: "", enabled: 1, rate_limit: null, write_tools: 0, policy: "{}", ...times } as const;
      const use = async (servers: Readonly<Record<string, string>>) => {
        for (const [handle, secret] of Object.entries(servers)) {
          const backing = JSON.stringify({ kind: "stdio", command: "npx", args: [], env: {}, secretEnv: { KEY: secret } });
          await db
            .insertInto("servers")
            .values({ ...server, id: `srv_${handle}`, handle, backing })
            .execute();
        }
      };
      await run({ store: sqlSecretStore(db, changes), changes: changes.changes, use });
    }),
  ),
);
