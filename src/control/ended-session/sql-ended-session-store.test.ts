import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { endedSessionStoreContract } from "./ended-session-store.contract.ts";
import { sqlEndedSessionStore } from "./sql-ended-session-store.ts";

endedSessionStoreContract("SQLite", async (run) => {
  const db = await openMemoryDatabase();
  await run(sqlEndedSessionStore(db));
  await db.destroy();
});
