import { expect, test } from "bun:test";
import { GENESIS } from "../control/audit/audit-chain.ts";
import { requestDraft } from "../control/audit/audit-log.fixture.ts";
import { onEveryEngineEmpty } from "../store/databases.fixture.ts";
import { migrateToLatest } from "../store/migrate.ts";
import { openDatabase } from "../store/open-database.ts";
import { startAuditThread } from "./start-audit-thread.ts";

const batch = (...tools: string[]) => ({ texts: tools.map((tool) => JSON.stringify(requestDraft({ tool }))), dropped: 0 });

onEveryEngineEmpty((engine, withUrl) => {
  test(`${engine}: a thread writes events over a connection of its own, and lets go of the database when it is closed`, () =>
    withUrl(async (databaseUrl) => {
      const { db } = await openDatabase(databaseUrl);
      try {
        await migrateToLatest(db);
        const chain = startAuditThread({ databaseUrl, writer: "w" });
        const tail = await chain.append(GENESIS, batch("a", "b"));
        expect((await chain.append(tail, batch("c"))).sequence).toBe(3);
        const rows = await db.selectFrom("audit_events").select(["writer", "tool"]).orderBy("sequence").execute();
        expect(rows).toEqual(["a", "b", "c"].map((tool) => ({ writer: "w", tool })));
        await chain.close();
      } finally {
        await db.destroy();
      }
    }));

  test(`${engine}: a database that is not there is told, and one that has come is written to`, () =>
    withUrl(async (databaseUrl) => {
      const chain = startAuditThread({ databaseUrl, writer: "w" });
      // Without its tables it is as good as away.
      await expect(chain.append(GENESIS, batch("a"))).rejects.toThrow();
      const { db } = await openDatabase(databaseUrl);
      try {
        await migrateToLatest(db);
        expect((await chain.append(GENESIS, batch("a"))).sequence).toBe(1);
        await chain.close();
      } finally {
        await db.destroy();
      }
    }));
});
