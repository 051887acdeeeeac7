import { expect, test } from "bun:test";
import type { ContentTables } from "../content-schema.ts";
import { openSqlite } from "../sqlite/open-sqlite.ts";
import { contentMigration } from "./0002-content.ts";

const TABLES = [
  "content_category",
  "content_document",
  "content_module",
  "content_permission",
  "content_permission_group",
  "content_plugin",
  "content_role_permission",
  "content_snippet",
  "content_template",
  "content_tmplvar",
  "content_tmplvar_value",
  "content_user",
  "content_user_attribute",
  "content_user_role",
] as const satisfies readonly (keyof ContentTables)[];

test("the content migration goes up, down and up again", async () => {
  const db = openSqlite(":memory:");
  const names = async () => (await db.introspection.getTables()).map((table) => table.name).sort();
  await contentMigration.up(db);
  expect(await names()).toEqual([...TABLES]);
  await contentMigration.down?.(db);
  expect(await names()).toEqual([]);
  await contentMigration.up(db);
  expect(await names()).toEqual([...TABLES]);
  await db.destroy();
});

test("a document has one value of a template variable, and a variable's name is its own", async () => {
  const db = openSqlite(":memory:");
  await contentMigration.up(db);
  const value = { contentid: 1, tmplvarid: 1, value: "a" };
  await db
    .insertInto("content_tmplvar_value")
    .values({ id: 1, ...value })
    .execute();
  await expect(
    db
      .insertInto("content_tmplvar_value")
      .values({ id: 2, ...value })
      .execute(),
  ).rejects.toThrow();
  await db.destroy();
});
