import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { sqlProjectStore } from "../project/sql-project-store.ts";
import { sqlUserStore } from "../user/sql-user-store.ts";
import { mcpTokenStoreContract } from "./mcp-token-store.contract.ts";
import { sqlMcpTokenStore } from "./sql-mcp-token-store.ts";

const createdAt = new Date("2026-01-01T00:00:00Z");

mcpTokenStoreContract("SQLite", async (run) => {
  const db = await openMemoryDatabase();
  await sqlUserStore(db).insert({ id: "usr_1", username: "admin", passwordHash: undefined, admin: true, createdAt });
  await sqlProjectStore(db).insert({ id: "prj_1", name: "one", ownerId: "usr_1", createdAt }, []);
  await sqlProjectStore(db).insert({ id: "prj_2", name: "two", ownerId: "usr_1", createdAt }, []);
  await run(sqlMcpTokenStore(db));
  await db.destroy();
});
