import { expect, test } from "bun:test";
import fc from "fast-check";
import { COMPARE_OPERATORS, OPERATORS } from "./comparison.ts";
import { CONTENT_FIELD_NAMES } from "./content-fields.ts";
import type { SensitiveField } from "./field-spec.ts";
import { MODEL_NAMES, MODELS, type Model } from "./model-catalog.ts";
import { SECRET_MARKER } from "./seed/seed-records.ts";
import { onEverySite } from "./seeded-site.fixture.ts";

const SENSITIVE = [
  "password",
  "cachepwd",
  "verified_key",
  "refresh_token",
  "access_token",
  "sessionid",
] as const satisfies readonly SensitiveField[];

onEverySite((site) => {
  /** All that a caller gets to see of a call, answer or fault; throws where the fault is none of the protocol's. */
  async function seen(name: string, args: unknown): Promise<string> {
    try {
      return JSON.stringify(await site.server.request("tools/call", { name, arguments: args }));
    } catch (thrown) {
      const fault = thrown as { code?: unknown; message: string };
      if (fault.code !== -32602) throw thrown;
      return fault.message;
    }
  }

  const field = fc.oneof(
    fc.constantFrom(...SENSITIVE),
    fc.constantFrom(...MODEL_NAMES.flatMap((name) => Object.keys((MODELS[name] as Model).fields)), ...CONTENT_FIELD_NAMES),
    fc.string({ maxLength: 12 }),
  );
  const scalar = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(
      "%",
      "_",
      "'",
      '"',
      "' or '1'='1",
      "1); drop table content_user; --",
      "password",
      `x' union select password from content_user --`,
    ),
  );
  const condition = fc.record(
    { field, op: fc.constantFrom(...OPERATORS), value: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })) },
    { requiredKeys: ["field", "op"] },
  );
  const filters = fc.record({ where: fc.array(condition, { maxLength: 3 }) });
  const paging = { limit: fc.integer({ min: 1, max: 100 }), offset: fc.integer({ min: 0, max: 5 }) };

  test("the seeded users do hold secrets", async () => {
    const users = await site.db.selectFrom("content_user").selectAll().execute();
    const attributes = await site.db.selectFrom("content_user_attribute").selectAll().execute();
    for (const column of SENSITIVE.slice(0, 5)) {
      for (const user of users) expect((user as unknown as Record<string, string>)[column]).toContain(SECRET_MARKER);
    }
    for (const attribute of attributes) expect(attribute.sessionid).toContain(SECRET_MARKER);
  });

  test("no model and no document has a sensitive field in its allow-list", () => {
    const allowed = [...Object.values<Model>(MODELS).flatMap((model) => Object.keys(model.fields)), ...CONTENT_FIELD_NAMES];
    expect(allowed.filter((name) => (SENSITIVE as readonly string[]).includes(name))).toEqual([]);
  });

  test("no secret leaves evo.model.list, whatever the model, the filter and the order", async () => {
    const args = fc.record(
      { model: fc.constantFrom(...MODEL_NAMES), filters, order_by: field, order_dir: fc.constantFrom("asc", "desc"), ...paging },
      { requiredKeys: ["model", "limit"] },
    );
    await fc.assert(
      fc.asyncProperty(args, async (given) => {
        expect(await seen("evo.model.list", given)).not.toContain(SECRET_MARKER);
      }),
      { numRuns: 200 },
    );
  });

  test("no secret leaves evo.content.search, whatever the filter and the order", async () => {
    const tv = fc.oneof(fc.constantFrom("price", "audience", "reading_minutes"), field);
    const cast = fc.constantFrom("UNSIGNED", "SIGNED", "DECIMAL(10,2)", "DECIMAL(1,1)) from content_user --");
    const tvFilter = fc.record(
      { tv, op: fc.constantFrom(...OPERATORS), value: scalar, cast, use_default: fc.boolean() },
      { requiredKeys: ["tv", "op"] },
    );
    const args = fc.record(
      {
        filters,
        tv_filters: fc.array(tvFilter, { maxLength: 2 }),
        tv_order: fc.array(fc.record({ tv, cast }, { requiredKeys: ["tv"] }), { maxLength: 2 }),
        with_tvs: fc.array(tv, { maxLength: 2 }),
        tags_data: fc.record({ tv_id: fc.integer({ min: 1, max: 7 }), tags: fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }) }),
        order_by: field,
        ...paging,
      },
      { requiredKeys: ["limit"] },
    );
    await fc.assert(
      fc.asyncProperty(args, async (given) => {
        expect(await seen("evo.content.search", given)).not.toContain(SECRET_MARKER);
      }),
      { numRuns: 200 },
    );
  });

  test("any JSON as arguments ends in an answer or a -32602, in every tool", async () => {
    const names = ((await site.server.request("tools/list", {})).tools as readonly { name: string }[]).map((tool) => tool.name);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.jsonValue(), async (name, args) => {
        expect(await seen(name, args)).not.toContain(SECRET_MARKER);
      }),
      { numRuns: 200 },
    );
  });

  const ATTACKS = [
    "'; drop table content_document; --",
    "' or '1'='1",
    '" or ""="',
    "x' union select id, password from content_user --",
    "\\' or 1=1 --",
    "!' escape '!",
    "%' or deleted like '%",
    "$1",
    "?",
    ":id",
    "0x27",
  ];

  test.each(ATTACKS)("SQL in a value is only a value: %p", async (value) => {
    const where = (op: string) => ({ limit: 100, filters: { where: [{ field: "pagetitle", op, value }] } });
    for (const op of ["=", "like", "like-l", "like-r"]) expect(await site.ids("evo.content.search", where(op))).toEqual([]);
    expect(
      await site.ids("evo.content.search", { limit: 100, filters: { where: [{ field: "pagetitle", op: "in", value: [value] }] } }),
    ).toEqual([]);
    expect(await site.ids("evo.content.search", { limit: 100, tv_filters: [{ tv: "summary", op: "=", value }] })).toEqual([]);
    expect(
      await site.ids("evo.model.list", { model: "User", limit: 100, filters: { where: [{ field: "username", op: "like", value }] } }),
    ).toEqual([]);
    expect(await site.ids("evo.content.search", { limit: 100 })).toHaveLength(46);
  });

  test.each(ATTACKS)("SQL in a name is refused: %p", async (name) => {
    const condition = { field: name, op: "=", value: 1 };
    for (const args of [
      { order_by: name },
      { order_dir: name },
      { filters: { where: [condition] } },
      { filters: { where: [{ field: "id", op: name, value: 1 }] } },
      { with_tvs: [name] },
      { tv_order: [{ tv: name }] },
    ]) {
      expect(await site.refusal("evo.content.search", { limit: 1, ...args })).toContain("; allowed: ");
    }
    for (const args of [{ order_by: name }, { filters: { where: [condition] } }, { model: name }]) {
      expect(await site.refusal("evo.model.list", { model: "User", limit: 1, ...args })).toContain("; allowed: ");
    }
  });

  test("every comparison operator is a word that SQL has", () => {
    expect(COMPARE_OPERATORS.filter((operator) => !/^(=|!=|[<>]=?)$/.test(operator))).toEqual([]);
  });
});
