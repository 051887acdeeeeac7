import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { serverStoreContract } from "./server-store.contract.ts";
import { sqlServerStore } from "./sql-server-store.ts";

serverStoreContract("SQLite", async (run) => {
  const db = await openMemoryDatabase();
  await run(sqlServerStore(db));
  await db.destroy();
});
