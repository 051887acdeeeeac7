import { describe, expect, test } from "bun:test";
import { MODEL_NAMES, MODELS, type Model } from "./model-catalog.ts";
import { onEverySite } from "./seeded-site.fixture.ts";

const LIST = "evo.model.list";
const ELEMENT = ["id", "name", "description", "category", "locked", "disabled", "createdon", "editedon"];

/** The public contract, written out once more so that a slip in the catalogue shows. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  SiteTemplate: ["id", "templatename", "description", "editor_type", "icon", "category", "locked"],
  SiteTmplvar: ["id", "name", "caption", "description", "type", "default_text", "display", "elements", "rank", "category", "locked"],
  SiteTmplvarContentvalue: ["id", "contentid", "tmplvarid", "value"],
  SiteSnippet: ELEMENT,
  SitePlugin: ELEMENT,
  SiteModule: ELEMENT.filter((field) => field !== "locked"),
  Category: ["id", "category"],
  User: ["id", "username", "isfrontend", "createdon", "editedon", "blocked", "blockeduntil", "blockedafter"],
  UserAttribute: [
    "id",
    "internalKey",
    "fullname",
    "email",
    "phone",
    "mobilephone",
    "blocked",
    "blockeduntil",
    "blockedafter",
    "failedlogincount",
    "logincount",
    "lastlogin",
  ],
  UserRole: ["id", "name", "description", "frames", "home", "rank", "locked"],
  Permissions: ["id", "name", "description"],
  PermissionsGroups: ["id", "name"],
  RolePermissions: ["id", "role_id", "permission"],
};

onEverySite((site) => {
  test("there are the thirteen models of the contract", () => {
    expect(MODEL_NAMES).toEqual(Object.keys(ALLOWED) as typeof MODEL_NAMES);
  });

  describe.each(Object.entries(ALLOWED))("%s", (model, fields) => {
    test("gives its allow-listed fields and nothing else, in list and get", async () => {
      const items = await site.items(LIST, { model, limit: 100 });
      expect(items.length).toBeGreaterThan(0);
      for (const item of items) {
        expect(Object.keys(item)).toEqual([...fields]);
        const one = await site.call("evo.model.get", { model, id: item.id });
        expect(one.structuredContent?.item).toEqual({ ...item });
      }
    });
    test("is sorted by every field of its allow-list, both ways", async () => {
      for (const order_by of fields) {
        for (const order_dir of ["asc", "desc"]) {
          const items = await site.items(LIST, { model, limit: 100, order_by, order_dir });
          const values = items.map((item) => (item as unknown as Record<string, string | number | null>)[order_by]);
          const present = values.filter((value) => value !== null && value !== undefined);
          const sorted = [...present].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
          expect(present).toEqual(order_dir === "asc" ? sorted : sorted.reverse());
          expect(values.slice(0, present.length)).toEqual(present);
        }
      }
    });
    test("is filtered by every field of its allow-list", async () => {
      for (const field of fields) {
        const [first] = await site.items(LIST, { model, limit: 1, filters: { where: [{ field, op: "!null" }] } });
        if (first === undefined) continue;
        const value = (first as unknown as Record<string, string | number>)[field];
        expect(await site.ids(LIST, { model, limit: 100, filters: { where: [{ field, op: "=", value }] } })).toContain(first.id);
      }
    });
    test("refuses every other name as field and as sort key", async () => {
      for (const name of ["password", "sessionid", "__proto__", "constructor", "id, password", "1", "*", ""]) {
        const allowed = `; allowed: one of ${fields.join(", ")}`;
        expect(await site.refusal(LIST, { model, limit: 1, order_by: name })).toBe(`order_by was ${JSON.stringify(name)}${allowed}`);
        expect(await site.refusal(LIST, { model, limit: 1, filters: { where: [{ field: name, op: "!null" }] } })).toBe(
          `filters.where[0].field was ${JSON.stringify(name)}${allowed}`,
        );
      }
    });
    test("says that a record is not there, as an error of the tool", async () => {
      expect(await site.call("evo.model.get", { model, id: 9999 })).toEqual({
        content: [{ type: "text", text: `No ${model} has the id 9999` }],
        isError: true,
      });
    });
  });

  test("evo.model.list pages", async () => {
    expect(await site.ids(LIST, { model: "User", limit: 2, offset: 1, order_by: "username" })).toEqual([5, 4]);
  });

  const OPERATOR_CASES: readonly (readonly [op: string, field: string, value: unknown, ids: readonly number[]])[] = [
    ["=", "username", "mirela", [2]],
    ["!=", "username", "mirela", [1, 3, 4, 5]],
    [">", "id", 3, [4, 5]],
    [">=", "id", 3, [3, 4, 5]],
    ["<", "id", 3, [1, 2]],
    ["<=", "id", 3, [1, 2, 3]],
    ["in", "username", ["admin", "tobias"], [1, 3]],
    ["not_in", "id", [1, 2, 3], [4, 5]],
    ["like", "username", "o", [3, 4, 5]],
    ["like-l", "username", "INTERN", [5]],
    ["like-r", "username", "har", [4]],
    ["null", "username", undefined, []],
    ["!null", "username", undefined, [1, 2, 3, 4, 5]],
    ["=", "blocked", true, [5]],
  ];
  test.each(OPERATOR_CASES)("evo.model.list with the operator %s on %s and %j", async (op, field, value, ids) => {
    expect(
      await site.ids(LIST, { model: "User", limit: 100, filters: { where: [{ field, op, ...(value === undefined ? {} : { value }) }] } }),
    ).toEqual(ids);
  });

  test("null finds the records without a value", async () => {
    expect(await site.ids(LIST, { model: "UserAttribute", limit: 100, filters: { where: [{ field: "phone", op: "null" }] } })).toEqual([
      1, 5,
    ]);
  });

  test.each(["Users", "content_user", "__proto__", "user", ""])("there is no model %p", async (model) => {
    const allowed = `model was ${JSON.stringify(model)}; allowed: one of ${Object.keys(ALLOWED).join(", ")}`;
    expect(await site.refusal(LIST, { model, limit: 1 })).toBe(allowed);
    expect(await site.refusal("evo.model.get", { model, id: 1 })).toBe(allowed);
  });

  test("every field of the catalogue is a column of its table", async () => {
    const tables = new Map(
      (await site.db.introspection.getTables()).map((table) => [table.name, table.columns.map((column) => column.name)]),
    );
    for (const model of Object.values<Model>(MODELS)) {
      for (const field of Object.keys(model.fields)) expect(tables.get(model.table)).toContain(field);
    }
  });
});
