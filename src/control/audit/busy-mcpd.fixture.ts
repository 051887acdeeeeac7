import { migrateToLatest } from "../../store/migrate.ts";
import { openSqlite } from "../../store/sqlite/open-sqlite.ts";
import { changeDraft, requestDraft, testClock } from "./audit-log.fixture.ts";
import { checkpointFile } from "./checkpoint-file.ts";
import { openAuditLog } from "./open-audit-log.ts";

/** A program that changes and records without end: `busy-mcpd.fixture.ts DATABASE CHECKPOINTS RUN`. Prints each change once it is durable. */
const [database = "", checkpoints = "", run = ""] = process.argv.slice(2);
const db = openSqlite(database);
await migrateToLatest(db);
const log = await openAuditLog(
  {
    db,
    writer: "w",
    checkpoints: checkpointFile(checkpoints, new Uint8Array(32)),
    clock: testClock(),
    shared: false,
    onFailure: () => process.exit(1),
  },
  { checkpointMs: 5, queue: { flushMs: 5, batchSize: 50 } },
);
for (let number = 1; ; number += 1) {
  const name = `${run}-${number}`;
  for (let count = 0; count < 20; count += 1) log.sink.record(requestDraft({ tool: `${name}-${count}` }));
  await log.changes.commit(async (tx) => {
    const at = "2026-03-01T12:00:00.000Z";
    await tx
      .insertInto("secrets")
      .values({ id: name, name, description: "", ciphertext: "x", version: 1, created_at: at, updated_at: at })
      .execute();
    return { result: undefined, change: { event: changeDraft({ resourceName: name }), touched: [{ kind: "secrets", ref: name }] } };
  });
  process.stdout.write(`${name}\n`);
  // Batches and checkpoints have their turn.
  await new Promise((resolve) => setTimeout(resolve, 1));
}
