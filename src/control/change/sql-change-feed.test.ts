import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { FeedEvent } from "../../api/feed-event.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { until } from "../audit/audit-log.fixture.ts";
import { pruneFeed, writeFeedEvent } from "./feed-rows.ts";
import { type ChangeFeedDeps, openChangeFeed, type SqlChangeFeed } from "./sql-change-feed.ts";

const AT = new Date("2026-03-01T12:00:00.000Z");

/** What another process on the same database does. */
function changeElsewhere(db: Kysely<Schema>, ref: string, at = AT): Promise<FeedEvent> {
  return db.transaction().execute((tx) => writeFeedEvent(tx, [{ kind: "mcptokens", ref }], at));
}

async function withFeed(
  deps: Pick<ChangeFeedDeps, "db"> & Partial<ChangeFeedDeps>,
  run: (feed: SqlChangeFeed, heard: FeedEvent[]) => Promise<void>,
): Promise<void> {
  const feed = await openChangeFeed({ pollMs: undefined, onFailure: () => {}, ...deps });
  const heard: FeedEvent[] = [];
  feed.subscribe((event) => heard.push(event));
  try {
    await run(feed, heard);
  } finally {
    await feed.close();
  }
}

const revisions = (events: readonly FeedEvent[]) => events.map(({ revision }) => revision);

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: the changes of another process are heard by polling, in order and once each`, () =>
    withDatabase((db) =>
      withFeed({ db, pollMs: 5 }, async (_, heard) => {
        for (const ref of ["x", "y", "z"]) await changeElsewhere(db, ref);
        await until(() => heard.length >= 3);
        await changeElsewhere(db, "last");
        await until(() => heard.length >= 4);
        expect(heard).toEqual(
          ["x", "y", "z", "last"].map((ref, index) => ({ revision: index + 1, touched: [{ kind: "mcptokens", ref }] })),
        );
      }),
    ));

  test(`${engine}: a wake-up makes the changes of another process be heard without a poll`, () =>
    withDatabase(async (db) => {
      let wake = () => {};
      const onWake = (listener: () => void) => {
        wake = listener;
        return () => {
          wake = () => {};
        };
      };
      await withFeed({ db, onWake }, async (_, heard) => {
        await changeElsewhere(db, "x");
        wake();
        await until(() => heard.length > 0);
        expect(revisions(heard)).toEqual([1]);
      });
    }));

  test(`${engine}: who has the revision has heard of every change up to it`, () =>
    withDatabase(async (db) => {
      await changeElsewhere(db, "before");
      await withFeed({ db }, async (feed, heard) => {
        expect(await feed.revision()).toBe(1);
        for (let count = 0; count < 1100; count += 1) await changeElsewhere(db, `x${count}`);
        expect(await feed.revision()).toBe(1101);
        expect(revisions(heard)).toEqual(Array.from({ length: 1100 }, (_, index) => index + 2));
      });
    }));

  test(`${engine}: a change of this process waits for those of others before it`, () =>
    withDatabase((db) =>
      withFeed({ db }, async (feed, heard) => {
        await changeElsewhere(db, "elsewhere");
        feed.announce(await changeElsewhere(db, "here"));
        await until(() => heard.length === 2);
        expect(heard.map(({ touched }) => touched[0]?.ref)).toEqual(["elsewhere", "here"]);
        feed.announce({ revision: 2, touched: [] });
        feed.announce(await changeElsewhere(db, "next"));
        expect(revisions(heard)).toEqual([1, 2, 3]);
      }),
    ));

  test(`${engine}: what was pruned away before it was heard is a gap, even where nothing came after it`, () =>
    withDatabase((db) =>
      withFeed({ db }, async (feed, heard) => {
        for (const ref of ["a", "b"]) await changeElsewhere(db, ref);
        await pruneFeed(db, new Date(AT.getTime() + 1));
        expect(await feed.revision()).toBe(2);
        expect(revisions(heard)).toEqual([2]);
        for (const ref of ["c", "d"]) await changeElsewhere(db, ref);
        await pruneFeed(db, new Date(AT.getTime() + 1));
        await changeElsewhere(db, "e");
        expect(await feed.revision()).toBe(5);
        expect(revisions(heard)).toEqual([2, 4, 5]);
      }),
    ));

  test(`${engine}: only entries before the instant are pruned, and never the newest revision's`, () =>
    withDatabase(async (db) => {
      const later = new Date(AT.getTime() + 1000);
      for (const [ref, at] of [
        ["a", AT],
        ["b", later],
        ["c", AT],
      ] as const)
        await changeElsewhere(db, ref, at);
      await pruneFeed(db, later);
      const kept = await db.selectFrom("feed_entries").select("ref").orderBy("revision").execute();
      expect(kept.map(({ ref }) => ref)).toEqual(["b", "c"]);
    }));
});

test("a listener that throws keeps nothing from the others, and who has left hears nothing more", async () => {
  const db = await openMemoryDatabase();
  const failures: unknown[] = [];
  await withFeed({ db, onFailure: (thrown) => failures.push(thrown) }, async (feed, heard) => {
    const leave = feed.subscribe(() => {
      throw new Error("mine");
    });
    const late: FeedEvent[] = [];
    feed.subscribe((event) => late.push(event));
    feed.announce(await changeElsewhere(db, "x"));
    leave();
    feed.announce(await changeElsewhere(db, "y"));
    expect([revisions(heard), revisions(late), failures]).toEqual([[1, 2], [1, 2], [new Error("mine")]]);
  });
  await db.destroy();
});
