import { expect, test } from "bun:test";
import { openSqliteFile } from "./sqlite-file.ts";

const TABLE = "create table things (id integer primary key, name text not null)";

test("what a transaction did is gone when it throws, as is what one within it did", () => {
  const db = openSqliteFile(":memory:", [TABLE]);
  const failing = () =>
    db.transaction(() => {
      db.run("insert into things values (1, 'a')");
      db.transaction(() => db.run("insert into things values (2, 'b')"));
      throw new Error("no");
    });
  expect(failing).toThrow("no");
  expect(db.all("select * from things")).toEqual([]);
  db.close();
});

test("each migration runs once, and one that fails leaves nothing of itself", () => {
  const broken = `${TABLE}; insert into things values (1, null)`;
  expect(() => openSqliteFile(":memory:", [broken])).toThrow("NOT NULL");
  const db = openSqliteFile(":memory:", [TABLE, "insert into things values (1, 'a')"]);
  expect(db.all<object>("select * from things")).toEqual([{ id: 1, name: "a" }]);
  expect(db.first<object>("pragma user_version")).toEqual({ user_version: 2 });
  db.close();
});

test("commits wait for the disk, and relaxed ones do not; one within another is as that is", () => {
  const db = openSqliteFile(":memory:", [TABLE]);
  const synchronous = () => db.first<{ synchronous: number }>("pragma synchronous")?.synchronous;
  expect(synchronous()).toBe(2);
  expect(db.relaxed(synchronous)).toBe(1);
  expect(db.transaction(() => db.relaxed(synchronous))).toBe(2);
  expect(() => db.relaxed(() => db.run("insert into things values (1, null)"))).toThrow("NOT NULL");
  expect(synchronous()).toBe(2);
  db.close();
});
