import { describe, expect, test } from "bun:test";
import type { Kysely } from "kysely";
import { onEveryEngine } from "../../../store/databases.fixture.ts";
import type { Schema } from "../../../store/schema.ts";
import { MODELS, type Model } from "./model-catalog.ts";
import { DOCUMENTS } from "./seed/seed-documents.ts";
import { TEMPLATE_VARIABLE_VALUES, TEMPLATE_VARIABLES } from "./seed/seed-template-variables.ts";
import { seedContent } from "./seed-content.ts";

const TABLES = ["content_document", ...Object.values<Model>(MODELS).map((model) => model.table)] as const;

async function everything(db: Kysely<Schema>): Promise<unknown> {
  const rows = await Promise.all(TABLES.map((table) => db.selectFrom(table).selectAll().orderBy("id").execute()));
  return Object.fromEntries(TABLES.map((table, index) => [table, rows[index]]));
}

onEveryEngine((engine, withDatabase) => {
  describe(engine, () => {
    test("an empty database gets rows in every table", () =>
      withDatabase(async (db) => {
        await seedContent(db);
        for (const rows of Object.values((await everything(db)) as Record<string, readonly unknown[]>))
          expect(rows.length).toBeGreaterThan(0);
      }));

    test("seeding again changes nothing", () =>
      withDatabase(async (db) => {
        await seedContent(db);
        const before = await everything(db);
        await seedContent(db);
        expect(await everything(db)).toEqual(before);
      }));

    test("what an owner changed or removed stays so", () =>
      withDatabase(async (db) => {
        await seedContent(db);
        await db.updateTable("content_document").set({ pagetitle: "Mine" }).where("id", "=", 1).execute();
        await db.deleteFrom("content_document").where("id", ">", 1).execute();
        const before = await everything(db);
        await seedContent(db);
        expect(await everything(db)).toEqual(before);
      }));

    test("a seed that fails half way leaves nothing behind", () =>
      withDatabase(async (db) => {
        await db.insertInto("content_role_permission").values({ id: 1, role_id: 9, permission: "in the way" }).execute();
        const before = await everything(db);
        await expect(seedContent(db)).rejects.toThrow();
        expect(await everything(db)).toEqual(before);
      }));
  });
});

test("the example documents form one tree, each under one that is there", () => {
  const ids = new Set(DOCUMENTS.map((document) => document.id));
  expect(ids.size).toBe(DOCUMENTS.length);
  for (const { id, parent } of DOCUMENTS) expect(parent === 0 || (ids.has(parent) && parent < id)).toBe(true);
});

test("isfolder says whether a document has children", () => {
  for (const { id, isfolder } of DOCUMENTS) expect(isfolder).toBe(DOCUMENTS.some((document) => document.parent === id) ? 1 : 0);
});

test("every value of a template variable belongs to a document and a variable", () => {
  const documents = new Set(DOCUMENTS.map((document) => document.id));
  const variables = new Set(TEMPLATE_VARIABLES.map((variable) => variable.id));
  expect(TEMPLATE_VARIABLE_VALUES.length).toBeGreaterThan(40);
  for (const { contentid, tmplvarid } of TEMPLATE_VARIABLE_VALUES) expect(documents.has(contentid) && variables.has(tmplvarid)).toBe(true);
});
