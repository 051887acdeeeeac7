import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { sqlUserStore } from "./sql-user-store.ts";
import { userStoreContract } from "./user-store.contract.ts";

userStoreContract("SQLite", async (run) => {
  const db = await openMemoryDatabase();
  await run(sqlUserStore(db));
  await db.destroy();
});
