import { expect, test } from "bun:test";
import type { AuditEvent } from "../../api/audit-event.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import type { AuditScope } from "./audit-filter.ts";
import { changeDraft, requestDraft, until, withAuditLog } from "./audit-log.fixture.ts";
import { EventBuffer } from "./event-buffer.ts";
import type { AuditLog } from "./open-audit-log.ts";

const ALL: AuditScope = { filter: {}, projects: "all" };
const never = new AbortController().signal;

function listenTo({ tail }: AuditLog, scope: AuditScope = ALL) {
  const heard: string[] = [];
  const leave = tail.subscribe(scope, {
    event: ({ writer, tool, action }) => heard.push(`${writer} ${tool ?? action}`),
    skipped: (count) => heard.push(`skipped ${count}`),
  });
  return { heard, leave };
}

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: events of this process are heard as soon as they are committed, in their order`, () =>
    withDatabase((db) =>
      withAuditLog({ db, writer: "w" }, async (log) => {
        const all = listenTo(log);
        const some = listenTo(log, { filter: { tool: "b" }, projects: new Set(["demo"]) });
        await log.changes.commit(async () => ({ result: 0, change: { event: changeDraft(), touched: [] } }));
        expect(all.heard).toEqual(["w project.create"]);
        log.sink.record(requestDraft({ tool: "a", project: "demo" }));
        log.sink.record(requestDraft({ tool: "b", project: "demo" }));
        log.sink.record(requestDraft({ tool: "b", project: "other" }));
        await log.verify(never);
        expect(all.heard).toEqual(["w project.create", "w a", "w b", "w b"]);
        expect(some.heard).toEqual(["w b"]);
        all.leave();
        await log.changes.commit(async () => ({ result: 0, change: { event: changeDraft(), touched: [] } }));
        expect(all.heard).toHaveLength(4);
      }),
    ));

  test(`${engine}: events of other mcpds are heard by looking for them, each once, and of too many the last`, () =>
    withDatabase((db) =>
      withAuditLog({ db, writer: "early" }, (early) =>
        withAuditLog(
          { db, writer: "w", shared: true },
          async (log) => {
            early.sink.record(requestDraft({ tool: "before" }));
            await early.verify(never);
            const { heard } = listenTo(log);
            // What was there before is known when the first own event after it is heard by looking.
            await until(async () => {
              early.sink.record(requestDraft({ tool: "probe" }));
              await early.verify(never);
              return heard.length > 0;
            });
            heard.length = 0;
            await withAuditLog({ db, writer: "late" }, async (late) => {
              late.sink.record(requestDraft({ tool: "x" }));
              late.sink.record(requestDraft({ tool: "y" }));
              await late.verify(never);
              await until(() => heard.includes("late y"));
              for (let number = 1; number <= 1700; number += 1) late.sink.record(requestDraft({ tool: `n${number}` }));
            });
            await until(() => heard.includes("late n1700"));
            const late = heard.filter((each) => each.startsWith("late "));
            const skipped = heard.filter((each) => each.startsWith("skipped ")).reduce((sum, each) => sum + Number(each.slice(8)), 0);
            expect(late.slice(0, 2)).toEqual(["late x", "late y"]);
            expect(new Set(late).size).toBe(late.length);
            expect(late.length + skipped).toBe(1702);
            expect(heard).not.toContain("early before");
          },
          { tailPollMs: 10 },
        ),
      ),
    ));
});

test("a slow reader costs a bounded number of events, and is told how many it has missed", async () => {
  const buffer = new EventBuffer<AuditEvent>(3);
  for (let sequence = 1; sequence <= 10_000; sequence += 1) buffer.event({ sequence } as AuditEvent);
  buffer.skipped(5);
  const { events, skipped } = await buffer.take(1000, never);
  expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(skipped).toBe(10_002);
  expect(await buffer.take(1, never)).toEqual({ events: [], skipped: 0 });
});

test("a reader that waits has the next event at once, and stops waiting when it is not wanted any more", async () => {
  const buffer = new EventBuffer<AuditEvent>(3);
  const waiting = buffer.take(60_000, never);
  buffer.event({ sequence: 1 } as AuditEvent);
  expect((await waiting).events).toHaveLength(1);
  const stop = new AbortController();
  const stopped = buffer.take(60_000, stop.signal);
  stop.abort();
  expect(await stopped).toEqual({ events: [], skipped: 0 });
});
