import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { migrateToLatest } from "../migrate.ts";
import { openSqlite } from "./open-sqlite.ts";

let folder = "";
let file = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-sqlite-"));
  file = join(folder, "mcpctl.db");
});

afterEach(() => rm(folder, { recursive: true }));

function opening(): unknown {
  try {
    void openSqlite(file).destroy();
    return "opened";
  } catch (thrown) {
    return thrown;
  }
}

const DAMAGED = { name: "AppError", code: "internal", reason: "DATABASE_DAMAGED", hint: expect.any(String) };

test("a commit is on disk before it returns, and foreign keys hold", async () => {
  const db = openSqlite(file);
  const pragma = async (name: string) => Object.values((await sql.raw<object>(`PRAGMA ${name}`).execute(db)).rows[0] ?? {})[0];
  expect(await pragma("journal_mode")).toBe("wal");
  expect(await pragma("synchronous")).toBe(2);
  expect(await pragma("foreign_keys")).toBe(1);
  expect(await pragma("busy_timeout")).toBe(5000);
  await db.destroy();
});

test("a database and what SQLite keeps beside it are for their owner alone", async () => {
  const db = openSqlite(file);
  await migrateToLatest(db);
  for (const path of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(path).mode & 0o777).toBe(0o600);
  await db.destroy();
});

test("a database that was closed is one file, with all that was written in it", async () => {
  const db = openSqlite(file);
  await migrateToLatest(db);
  await db.insertInto("content_category").values({ id: 1, category: "kept" }).execute();
  for await (const _ of db.selectFrom("content_category").selectAll().stream()) break;
  await expect(db.insertInto("content_category").values({ id: 1, category: "again" }).execute()).rejects.toThrow();
  await db.destroy();
  expect([existsSync(`${file}-wal`), existsSync(`${file}-shm`)]).toEqual([false, false]);
  expect((await readFile(file)).includes("kept")).toBe(true);
});

test("what was written is there when it is opened again", async () => {
  const db = openSqlite(file);
  await migrateToLatest(db);
  await db.insertInto("content_category").values({ id: 1, category: "kept" }).execute();
  await db.destroy();
  const again = openSqlite(file);
  expect(await again.selectFrom("content_category").selectAll().execute()).toEqual([{ id: 1, category: "kept" }]);
  await again.destroy();
});

test("a file that is no database is refused as damaged, and left as it is", async () => {
  writeFileSync(file, "this is no database at all, whatever its name says ".repeat(100));
  const before = await readFile(file);
  expect(opening()).toMatchObject({ ...DAMAGED, message: expect.stringContaining(file) });
  expect(await readFile(file)).toEqual(before);
});

test("a database with a broken page is refused as damaged", async () => {
  const db = openSqlite(file);
  await migrateToLatest(db);
  await db.destroy();
  const bytes = await readFile(file);
  expect(bytes.length).toBeGreaterThan(5 * 4096);
  bytes.fill(0xa5, 4096, 5 * 4096);
  writeFileSync(file, bytes);
  expect(opening()).toMatchObject(DAMAGED);
});

test("a database that was cut short is refused as damaged", async () => {
  const db = openSqlite(file);
  await migrateToLatest(db);
  await db.destroy();
  const bytes = await readFile(file);
  writeFileSync(file, bytes.subarray(0, bytes.length / 2));
  expect(opening()).toMatchObject(DAMAGED);
});
