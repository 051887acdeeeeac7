import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { sqlServerStore } from "../server/sql-server-store.ts";
import { sqlUserStore } from "../user/sql-user-store.ts";
import { projectStoreContract } from "./project-store.contract.ts";
import { sqlProjectStore } from "./sql-project-store.ts";

const createdAt = new Date("2026-01-01T00:00:00Z");

projectStoreContract("SQLite", async (run) => {
  const db = await openMemoryDatabase();
  await sqlUserStore(db).insert({ id: "usr_1", username: "admin", passwordHash: undefined, admin: true, createdAt });
  for (const handle of ["a", "b", "c"]) {
    const backing = { kind: "builtin", name: "content" } as const;
    await sqlServerStore(db).insert({ id: `srv_${handle}`, handle, backing, enabled: true, createdAt });
  }
  await run(sqlProjectStore(db));
  await db.destroy();
});
