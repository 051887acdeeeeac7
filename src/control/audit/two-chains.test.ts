import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import type { AuditScope } from "./audit-filter.ts";
import { changeDraft, memoryCheckpoints, NOW, requestDraft, testClock, until, withAuditLog } from "./audit-log.fixture.ts";
import type { AuditLog } from "./open-audit-log.ts";
import { pruneAudit } from "./prune-audit.ts";
import { RequestChain } from "./request-chain.ts";
import { sqlChainStore } from "./sql-chain-store.ts";
import { verifyAudit } from "./verify-audit.ts";

const ALL: AuditScope = { filter: {}, projects: "all" };
const never = new AbortController().signal;
type Checkpoints = ReturnType<typeof memoryCheckpoints>;

/** An audit log whose requests have a chain of their own, as where a thread keeps it. */
function withTwoChains(db: Kysely<Schema>, checkpoints: Checkpoints, run: (log: AuditLog) => Promise<void>): Promise<void> {
  const clock = testClock();
  const keepRequests = (writer: string) => ({
    append: new RequestChain({ store: sqlChainStore(db, writer), writer, clock }).append,
    close: async () => undefined,
  });
  return withAuditLog({ db, checkpoints, writer: "w", keepRequests, clock }, run);
}

const change = (log: AuditLog, name = "demo") =>
  log.changes.commit(async () => ({ result: 0, change: { event: changeDraft({ resourceName: name }), touched: [] } }));

async function chains(db: Kysely<Schema>, checkpoints: Checkpoints): Promise<string[]> {
  const verdict = await verifyAudit({ db, checkpoints, writer: "w" }, never);
  return verdict.chains.map(({ writer, first, last, findings }) => [`${writer} ${first}-${last}`, ...findings].join(": "));
}

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: requests have a chain of their own beside that of the changes, signed and checked like it`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await withTwoChains(db, checkpoints, async (log) => {
        await change(log);
        for (const tool of ["a", "b", "c"]) log.sink.record(requestDraft({ tool }));
        expect(await log.verify(never)).toMatchObject({ ok: true, events: 4 });
        log.sink.record(requestDraft({ tool: "d" }));
      });
      expect(await chains(db, checkpoints)).toEqual(["w 1-1", "w.r 1-4"]);
      expect(checkpoints.kept.filter(({ writer }) => writer === "w.r").at(-1)).toMatchObject({ kind: "end", sequence: 4 });
      await withTwoChains(db, checkpoints, async (log) => {
        log.sink.record(requestDraft({ tool: "e" }));
        await change(log);
      });
      expect(await chains(db, checkpoints)).toEqual(["w 1-2", "w.r 1-5"]);
    }));

  test(`${engine}: an event of a request that was taken away is found, and the next start begins another chain for requests alone`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      await withTwoChains(db, checkpoints, async (log) => {
        await change(log);
        for (const tool of ["a", "b", "c"]) log.sink.record(requestDraft({ tool }));
      });
      await db.deleteFrom("audit_events").where("tool", "=", "c").execute();
      const cutOff = "w.r 1-2: the end is cut off: there was an event 3, and the last one is 2";
      expect(await chains(db, checkpoints)).toEqual(["w 1-1", cutOff]);
      await withTwoChains(db, checkpoints, async (log) => void (await change(log)));
      expect(await chains(db, checkpoints)).toEqual(["w 1-2", cutOff, "w.r.2 1-1"]);
      const told = await db.selectFrom("audit_events").select("detail").where("code", "=", "audit_chain_broken").execute();
      expect(told).toEqual([{ detail: '{"broken":["w.r"],"continuedIn":"w.r.2"}' }]);
    }));

  test(`${engine}: who listens hears of both, each event once and none from before`, () =>
    withDatabase((db) =>
      withTwoChains(db, memoryCheckpoints(), async (log) => {
        const heard: string[] = [];
        const listener = {
          event: ({ writer, tool, action }: { writer: string; tool?: string | undefined; action?: string | undefined }) =>
            heard.push(`${writer} ${tool ?? action}`),
          skipped: (count: number) => heard.push(`skipped ${count}`),
        };
        log.sink.record(requestDraft({ tool: "before" }));
        await log.verify(never);
        const leave = log.tail.subscribe(ALL, listener);
        log.sink.record(requestDraft({ tool: "a" }));
        await change(log);
        log.sink.record(requestDraft({ tool: "b" }));
        await log.verify(never);
        await until(() => heard.length === 3);
        expect(heard.toSorted()).toEqual(["w project.create", "w.r a", "w.r b"]);
        leave();
        log.sink.record(requestDraft({ tool: "unheard" }));
        await log.verify(never);
        log.tail.subscribe(ALL, listener);
        for (let number = 1; number <= 1500; number += 1) log.sink.record(requestDraft({ tool: `n${number}` }));
        await log.verify(never);
        await until(() => heard.includes("w.r n1500"));
        expect(heard).not.toContain("w.r unheard");
        const skipped = heard.filter((each) => each.startsWith("skipped ")).reduce((sum, each) => sum + Number(each.slice(8)), 0);
        expect(heard.filter((each) => each.startsWith("w.r n")).length + skipped).toBe(1500);
      }),
    ));

  test(`${engine}: retention cuts both chains, and a start behind it goes on with both`, () =>
    withDatabase(async (db) => {
      const checkpoints = memoryCheckpoints();
      const clock = testClock();
      clock.at = "2026-06-01T00:00:00.000Z";
      await withTwoChains(db, checkpoints, async (log) => {
        await change(log);
        for (const tool of ["a", "b"]) log.sink.record(requestDraft({ tool }));
        await log.verify(never);
      });
      await withTwoChains(db, checkpoints, async ({ changes }) => {
        expect(await pruneAudit({ db, changes, checkpoints, clock, writer: "w" }, new Date(Date.parse(NOW) + 1), never)).toBe(3);
      });
      await withTwoChains(db, checkpoints, async (log) => {
        log.sink.record(requestDraft({ at: clock.at, tool: "c" }));
      });
      expect(await chains(db, checkpoints)).toEqual(["w 2-3", "w.r 3-3"]);
    }));
});
