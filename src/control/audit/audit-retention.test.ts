import { expect, test } from "bun:test";
import { testClock, until } from "./audit-log.fixture.ts";
import { RETENTION, startRetention } from "./audit-retention.ts";

test("audit events are pruned after 90 days and the feed after an hour, once an hour", () => {
  expect(RETENTION).toEqual({ auditMs: 90 * 86_400_000, feedMs: 3_600_000, everyMs: 3_600_000, firstMs: 60_000 });
});

test("it prunes again and again, past failures, with what the options say", async () => {
  const [audit, feed, failures]: [string[], string[], unknown[]] = [[], [], []];
  const stop = startRetention(
    {
      clock: testClock(),
      pruneAudit: async (before) => {
        audit.push(before.toISOString());
        throw new Error("the database is away");
      },
      pruneFeed: async (before) => feed.push(before.toISOString()),
      onFailure: (thrown) => failures.push(thrown),
    },
    { auditMs: 86_400_000, feedMs: 60_000, everyMs: 1, firstMs: 1 },
  );
  await until(() => feed.length >= 3);
  await stop();
  const runs = feed.length;
  expect(new Set(audit)).toEqual(new Set(["2026-02-28T12:00:00.000Z"]));
  expect(new Set(feed)).toEqual(new Set(["2026-03-01T11:59:00.000Z"]));
  expect([audit.length, failures.length]).toEqual([runs, runs]);
});

test("it is stopped when what it was at has ended", async () => {
  const events: string[] = [];
  let entered = () => {};
  const inside = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const stop = startRetention(
    {
      clock: testClock(),
      pruneAudit: async (_, signal) => {
        entered();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        events.push("pruned");
      },
      pruneFeed: async () => {},
      onFailure: () => {},
    },
    { everyMs: 1, firstMs: 1 },
  );
  await inside;
  await stop();
  expect([...events, "stopped"]).toEqual(["pruned", "stopped"]);
});
