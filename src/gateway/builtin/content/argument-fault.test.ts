import { describe, expect, test } from "bun:test";
import { onEverySite } from "./seeded-site.fixture.ts";

onEverySite((site) => {
  const LISTS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ["evo.content.search", {}],
    ["evo.content.root_tree", {}],
    ["evo.content.descendants", { id: 9 }],
    ["evo.content.ancestors", { id: 33 }],
    ["evo.content.children", { id: 9 }],
    ["evo.content.siblings", { id: 9 }],
    ["evo.content.neighbors", { id: 9 }],
    ["evo.content.prev_siblings", { id: 9 }],
    ["evo.content.next_siblings", { id: 9 }],
    ["evo.content.children_range", { id: 9, from: 0 }],
    ["evo.content.siblings_range", { id: 9, from: 0 }],
    ["evo.model.list", { model: "User" }],
  ];

  describe.each(LISTS)("%s", (name, args) => {
    test("takes a limit from 1 to 100", async () => {
      expect((await site.call(name, { ...args, limit: 100 })).isError).toBeUndefined();
      expect(await site.refusal(name, { ...args, limit: 101 })).toBe("limit was 101; allowed: an integer from 1 to 100");
      expect(await site.refusal(name, { ...args, limit: 0 })).toBe("limit was 0; allowed: an integer from 1 to 100");
      expect(await site.refusal(name, args)).toBe("limit is missing; allowed: an integer from 1 to 100");
    });

    test("takes an offset from 0 to 5000", async () => {
      expect((await site.call(name, { ...args, limit: 1, offset: 5000 })).structuredContent?.items).toEqual([]);
      expect(await site.refusal(name, { ...args, limit: 1, offset: 5001 })).toBe("offset was 5001; allowed: an integer from 0 to 5000");
      expect(await site.refusal(name, { ...args, limit: 1, offset: -1 })).toBe("offset was -1; allowed: an integer from 0 to 5000");
    });
  });

  test.each(["evo.content.root_tree", "evo.content.descendants", "evo.content.ancestors", "evo.content.search"])(
    "%s takes a depth from 1 to 6",
    async (name) => {
      const args = { limit: 1, ...(name.endsWith("search") ? { parent: 9 } : name.endsWith("root_tree") ? {} : { id: 9 }) };
      expect((await site.call(name, { ...args, depth: 6 })).isError).toBeUndefined();
      expect(await site.refusal(name, { ...args, depth: 7 })).toBe("depth was 7; allowed: an integer from 1 to 6");
      expect(await site.refusal(name, { ...args, depth: 0 })).toBe("depth was 0; allowed: an integer from 1 to 6");
    },
  );

  const BAD: readonly (readonly [title: string, args: unknown, message: string])[] = [
    ["a limit as text", { limit: "5" }, 'limit was "5"; allowed: an integer from 1 to 100'],
    ["half a limit", { limit: 1.5 }, "limit was 1.5; allowed: an integer from 1 to 100"],
    ["a null limit", { limit: null }, "limit was null; allowed: an integer from 1 to 100"],
    ["a parent beyond 2^53", { limit: 1, parent: 2 ** 53 }, "parent was 9007199254740992; allowed: an integer from 0 to 2147483647"],
    ["a flag as number", { limit: 1, published: 1 }, "published was 1; allowed: true or false"],
    [
      "a sort field that is none",
      { limit: 1, order_by: "alias" },
      'order_by was "alias"; allowed: one of id, pagetitle, menuindex, createdon, pub_date',
    ],
    ["a direction that is none", { limit: 1, order_dir: "up" }, 'order_dir was "up"; allowed: one of asc, desc'],
    ["a date direction that is none", { limit: 1, order_by_date: "" }, 'order_by_date was ""; allowed: one of asc, desc'],
    ["depth without parent", { limit: 1, depth: 2 }, "depth was 2; allowed: depth only together with parent"],
    [
      "arguments that are a list",
      [],
      "arguments was []; allowed: an object with parent, depth, published, deleted, template, hidemenu, filters, with_tvs, tv_filters, tv_order, tags_data, order_by, order_dir, order_by_date, limit, offset",
    ],
    ["filters as text", { limit: 1, filters: "id=1" }, 'filters was "id=1"; allowed: an object with where'],
    [
      "filters without where",
      { limit: 1, filters: {} },
      "filters.where is missing; allowed: a list of 0 to 20 conditions {field, op, value}",
    ],
    ["an unknown part of filters", { limit: 1, filters: { where: [], or: [] } }, "filters.or is an unknown argument; allowed: where"],
    [
      "a variable's name that is none",
      { limit: 1, with_tvs: ["price;"] },
      'with_tvs[0] was "price;"; allowed: the name of a template variable (1 to 50 of A-Z, a-z, 0-9, _ and -), or name:d',
    ],
    [
      "an unknown variable",
      { limit: 1, with_tvs: ["audience", "nope:d"] },
      'with_tvs[1] was "nope"; allowed: a template variable: summary, audience, reading_minutes, tags, price, owner_team',
    ],
    [
      "an unknown variable to sort by",
      { limit: 1, tv_order: [{ tv: "nope" }] },
      'tv_order[0].tv was "nope"; allowed: a template variable: summary, audience, reading_minutes, tags, price, owner_team',
    ],
    [
      "an unknown variable in tags",
      { limit: 1, tags_data: { tv_id: 99, tags: ["a"] } },
      "tags_data.tv_id was 99; allowed: the id of a template variable (evo.model.list SiteTmplvar lists them)",
    ],
    ["no tags", { limit: 1, tags_data: { tv_id: 4, tags: [] } }, "tags_data.tags was []; allowed: a list of 1 to 20 tags"],
    [
      "a tag with a comma",
      { limit: 1, tags_data: { tv_id: 4, tags: ["a,b"] } },
      'tags_data.tags[0] was "a,b"; allowed: a tag of 1 to 100 characters without comma, | or NUL',
    ],
  ];

  test.each(BAD)("%s is refused by name, with what is allowed", async (_title, args, message) => {
    expect(await site.refusal("evo.content.search", args)).toBe(message);
  });

  const FIELDS =
    "one of id, parent, pagetitle, longtitle, description, alias, published, deleted, hidemenu, menuindex, template, createdon, editedon, pub_date, unpub_date, isfolder, type";
  const TEXT = "a text of at most 1000 characters, without NUL";

  const BAD_CONDITIONS: readonly (readonly [title: string, condition: unknown, message: string])[] = [
    ["an unknown field", { field: "content", op: "=", value: "x" }, `.field was "content"; allowed: ${FIELDS}`],
    [
      "an unknown operator",
      { field: "id", op: "<>", value: 1 },
      '.op was "<>"; allowed: one of =, !=, >, >=, <, <=, in, not_in, like, like-l, like-r, null, !null',
    ],
    ["text for a number", { field: "id", op: "=", value: "1" }, '.value was "1"; allowed: an integer from -2147483647 to 2147483647'],
    ["a fraction for a number", { field: "id", op: ">", value: 0.5 }, ".value was 0.5; allowed: an integer from -2147483647 to 2147483647"],
    [
      "a number beyond the column",
      { field: "id", op: "=", value: 2 ** 31 },
      ".value was 2147483648; allowed: an integer from -2147483647 to 2147483647",
    ],
    [
      "a number beyond 2^53",
      { field: "id", op: "=", value: 2 ** 53 },
      ".value was 9007199254740992; allowed: a text of at most 1000 characters, a number within 2^53, true or false",
    ],
    ["a flag of 2", { field: "published", op: "=", value: 2 }, ".value was 2; allowed: true, false, 1 or 0"],
    ["true for a text", { field: "alias", op: "=", value: true }, `.value was true; allowed: ${TEXT}`],
    ["a NUL in a text", { field: "alias", op: "=", value: "a\u0000b" }, `.value was "a\\u0000b"; allowed: ${TEXT}`],
    ["a missing value", { field: "alias", op: "like" }, `.value is missing; allowed: ${TEXT}`],
    ["a list for one value", { field: "alias", op: "=", value: ["a"] }, `.value was ["a"]; allowed: ${TEXT}`],
    ["one value for a list", { field: "id", op: "in", value: 1 }, ".value was 1; allowed: a list of 1 to 100 values with the operator in"],
    ["an empty list", { field: "id", op: "not_in", value: [] }, ".value was []; allowed: a list of 1 to 100 values"],
    [
      "text in a list of numbers",
      { field: "id", op: "in", value: [1, "2"] },
      '.value[1] was "2"; allowed: an integer from -2147483647 to 2147483647',
    ],
    ["a value for null", { field: "alias", op: "null", value: "" }, '.value was ""; allowed: no value with the operator null'],
    ["a value for !null", { field: "alias", op: "!null", value: true }, ".value was true; allowed: no value with the operator !null"],
    [
      "like on a number",
      { field: "id", op: "like", value: "1" },
      '.op was "like"; allowed: =, !=, >, >=, <, <=, in, not_in, null, !null for a number',
    ],
    [
      "an object for a value",
      { field: "alias", op: "=", value: { raw: "1" } },
      '.value was {"raw":"1"}; allowed: a text of at most 1000 characters, a number within 2^53, true or false; or a list of 1 to 100 of them',
    ],
    ["an unknown part", { field: "id", op: "=", value: 1, or: 1 }, ".or is an unknown argument; allowed: field, op, value"],
  ];

  test.each(BAD_CONDITIONS)("in a condition, %s is refused by name", async (_title, condition, message) => {
    const refusal = await site.refusal("evo.content.search", { limit: 1, filters: { where: [{ field: "id", op: "!null" }, condition] } });
    expect(refusal).toBe(`filters.where[1]${message}`);
  });

  test("a list of values holds 100 and no more", async () => {
    const values = (length: number) => ({
      limit: 1,
      filters: { where: [{ field: "id", op: "in", value: Array.from({ length }, (_, index) => index + 1) }] },
    });
    expect((await site.call("evo.content.search", values(100))).structuredContent?.meta.count).toBe(1);
    expect(await site.refusal("evo.content.search", values(101))).toContain("allowed: a text of at most 1000 characters");
  });

  test("20 conditions are taken and no more", async () => {
    const where = (length: number) => ({ limit: 1, filters: { where: Array.from({ length }, () => ({ field: "id", op: "!null" })) } });
    expect((await site.call("evo.content.search", where(20))).structuredContent?.meta.count).toBe(1);
    expect(await site.refusal("evo.content.search", where(21))).toEndWith("; allowed: a list of 0 to 20 conditions {field, op, value}");
  });

  test("a text of 1000 characters is taken and no more", async () => {
    const like = (length: number) => ({ limit: 1, filters: { where: [{ field: "alias", op: "like", value: "%".repeat(length) }] } });
    expect((await site.call("evo.content.search", like(1000))).structuredContent?.items).toEqual([]);
    expect(await site.refusal("evo.content.search", like(1001))).toContain("a text of at most 1000 characters");
  });

  test("what was given is shown in at most 80 characters", async () => {
    const refusal = await site.refusal("evo.content.search", { limit: "x".repeat(5000) });
    expect(refusal).toBe(`limit was "${"x".repeat(79)}…; allowed: an integer from 1 to 100`);
  });

  test("several faults are told at once", async () => {
    expect(await site.refusal("evo.content.search", { limit: 0, offset: -1 })).toBe(
      "limit was 0; allowed: an integer from 1 to 100; offset was -1; allowed: an integer from 0 to 5000",
    );
  });

  test.each([
    { limit: 1, filters: { where: [] } },
    { limit: 1, with_tvs: [] },
    { limit: 1, tv_filters: [], tv_order: [] },
  ])("an empty list of conditions is no condition: %j", async (args) => {
    expect(await site.ids("evo.content.search", args)).toEqual([1]);
  });
});
