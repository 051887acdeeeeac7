import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateToLatest } from "../migrate.ts";
import { openSqlite } from "./open-sqlite.ts";
import { openSqliteAppender, type SqliteAppender } from "./open-sqlite-appender.ts";

let folder = "";
let file = "";
let db: ReturnType<typeof openSqlite>;
let appender: SqliteAppender;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-appender-"));
  file = join(folder, "mcpctl.db");
  db = openSqlite(file);
  await migrateToLatest(db);
  appender = openSqliteAppender(file, 10);
});

afterEach(() => rm(folder, { recursive: true }));

const CATEGORIES = { table: "content_category", columns: ["id", "category"] };
const add = (...rows: readonly [number, string][]) => appender.insert({ ...CATEGORIES, rows });
const kept = async () =>
  (await db.selectFrom("content_category").select("category").orderBy("id").execute()).map(({ category }) => category);

test("rows are added all together or not at all, and are seen by the other connection", async () => {
  add([1, "a"], [2, "b"]);
  expect(() => add([3, "c"], [1, "again"])).toThrow();
  expect(await kept()).toEqual(["a", "b"]);
  const category = "select category from content_category where id = ?";
  expect(appender.first(category, 2)).toEqual({ category: "b" });
  expect(appender.first(category, 3)).toBeUndefined();
  appender.close();
  await db.destroy();
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test("of what may be there already the rest is added, and with one row of a table those of another go", async () => {
  add([1, "a"]);
  appender.insert({
    ...CATEGORIES,
    rows: [
      [1, "again"],
      [2, "b"],
    ],
    unlessThere: true,
  });
  expect(await kept()).toEqual(["a", "b"]);
  expect(() => appender.insert({ ...CATEGORIES, rows: [[3, "c"]] }, { ...CATEGORIES, rows: [[1, "again"]] })).toThrow();
  expect(await kept()).toEqual(["a", "b"]);
  appender.close();
  await db.destroy();
});

test("a transaction that reads first and writes then is never told that the other has written meanwhile", async () => {
  for (let number = 1; number <= 50; number += 1) {
    await db.transaction().execute(async (tx) => {
      const { length } = await tx.selectFrom("content_category").select("id").execute();
      await tx
        .insertInto("content_category")
        .values({ id: 1000 + length, category: `${length}` })
        .execute();
    });
    add([number, `x${number}`]);
  }
  const reading = db.transaction().execute(async (tx) => {
    await tx.selectFrom("content_category").select("id").execute();
    // The other one waits for its time and gives up; this one goes on.
    expect(() => add([999, "meanwhile"])).toThrow("locked");
    await tx.insertInto("content_category").values({ id: 998, category: "mine" }).execute();
  });
  await reading;
  expect(await kept()).toHaveLength(101);
  appender.close();
  await db.destroy();
});
