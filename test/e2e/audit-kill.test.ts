import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointFile } from "../../src/control/audit/checkpoint-file.ts";
import { verifyAudit } from "../../src/control/audit/verify-audit.ts";
import { openSqlite } from "../../src/store/sqlite/open-sqlite.ts";

const RUNS = 4;
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-audit-kill-"));
});

afterEach(() => rm(folder, { recursive: true }));

/** Runs a busy mcpd until it has acknowledged `count` changes, kills it, and gives their names. */
async function runAndKill(run: number, count: number): Promise<string[]> {
  const program = join(import.meta.dir, "../../src/control/audit/busy-mcpd.fixture.ts");
  const child = Bun.spawn([process.execPath, program, join(folder, "db"), join(folder, "checkpoints"), `r${run}`], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (output.split("\n").length > count) child.kill("SIGKILL");
  }
  await child.exited;
  // The last line may be cut; a whole one was acknowledged.
  return output.split("\n").slice(0, -1);
}

test("kill -9 at any point loses no acknowledged change, and the next start goes on with a chain that holds", async () => {
  const acknowledged: string[] = [];
  for (let run = 1; run <= RUNS; run += 1) acknowledged.push(...(await runAndKill(run, 10 * run)));
  expect(acknowledged.length).toBeGreaterThanOrEqual(100);

  const db = openSqlite(join(folder, "db"));
  const checkpoints = checkpointFile(join(folder, "checkpoints"), new Uint8Array(32));
  const names = (rows: readonly { readonly name: string | null }[]) => new Set(rows.map(({ name }) => name));
  const secrets = names(await db.selectFrom("secrets").select("name").execute());
  const events = names(await db.selectFrom("audit_events").select("resource_name as name").where("kind", "=", "rpc").execute());
  const entries = names(await db.selectFrom("feed_entries").select("ref as name").execute());
  for (const name of acknowledged) expect([secrets.has(name), events.has(name), entries.has(name)]).toEqual([true, true, true]);
  // One that was not acknowledged is there as a whole or not at all.
  expect([events, entries]).toEqual([secrets, secrets]);
  expect((await db.selectFrom("feed").select("revision").executeTakeFirstOrThrow()).revision).toBe(secrets.size);

  const { ok, chains, events: count } = await verifyAudit({ db, checkpoints, writer: "w" }, new AbortController().signal);
  expect({ ok, chains }).toEqual({ ok: true, chains: [{ writer: "w", first: 1, last: count, events: count, ok: true, findings: [] }] });
  const batched = await db
    .selectFrom("audit_events")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("kind", "=", "tool_call_trace")
    .executeTakeFirstOrThrow();
  expect(batched.count).toBeGreaterThan(100);
  await db.destroy();
}, 60_000);
