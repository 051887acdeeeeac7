import { onEveryEngine } from "../../store/databases.fixture.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { nodeStoreContract } from "./node-store.contract.ts";
import { sqlNodeStore } from "./sql-node-store.ts";

onEveryEngine((engine, withDatabase) =>
  nodeStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      const changes = plainChangeLog(db);
      const times = { version: 1, created_at: "", updated_at: "" };
      const server = { description: "", enabled: 1, rate_limit: null, write_tools: 0, policy: "{}", ...times } as const;
      const put = async (servers: Readonly<Record<string, string>>) => {
        for (const [handle, node] of Object.entries(servers)) {
          const backing = JSON.stringify({ kind: "component", node, service: "ha", component: "api", port: 8080, path: "/mcp" });
          await db
            .insertInto("servers")
            .values({ ...server, id: `srv_${handle}`, handle, backing })
            .execute();
        }
      };
      await run({ store: sqlNodeStore(db, changes), changes: changes.changes, put });
    }),
  ),
);
