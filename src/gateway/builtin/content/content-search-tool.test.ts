import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { engineOf } from "../../../store/engine.ts";
import { OPERATORS } from "./comparison.ts";
import { DOCUMENTS } from "./seed/seed-documents.ts";
import { onEverySite } from "./seeded-site.fixture.ts";

const SEARCH = "evo.content.search";

onEverySite((site) => {
  type Document = (typeof DOCUMENTS)[number];

  /** The ids of the example documents, bin included, for which `holds`. */
  function expected(holds: (document: Document) => boolean): readonly number[] {
    return DOCUMENTS.filter(holds).map((document) => document.id);
  }

  /** The ids that the conditions leave, bin included. */
  function where(...conditions: readonly Readonly<Record<string, unknown>>[]): Promise<readonly number[]> {
    return site.ids(SEARCH, { limit: 100, filters: { where: [{ field: "deleted", op: "in", value: [true, false] }, ...conditions] } });
  }

  const OPERATOR_CASES: readonly (readonly [op: string, field: keyof Document, value: unknown, holds: (document: Document) => boolean])[] =
    [
      ["=", "menuindex", 2, (d) => d.menuindex === 2],
      ["=", "alias", "tg-2", (d) => d.alias === "tg-2"],
      ["!=", "template", 2, (d) => d.template !== 2],
      ["!=", "alias", "tg-2", (d) => d.alias !== null && d.alias !== "tg-2"],
      [">", "id", 40, (d) => d.id > 40],
      [">=", "id", 40, (d) => d.id >= 40],
      ["<", "id", 4, (d) => d.id < 4],
      ["<=", "id", 4, (d) => d.id <= 4],
      [">", "pagetitle", "T", (d) => d.pagetitle > "T"],
      ["in", "parent", [9, 27], (d) => [9, 27].includes(d.parent)],
      ["in", "alias", ["tg-1", "tg-2", "gone"], (d) => d.alias === "tg-1" || d.alias === "tg-2"],
      ["not_in", "template", [1, 2], (d) => ![1, 2].includes(d.template)],
      ["like", "pagetitle", "leave", (d) => d.pagetitle.toLowerCase().includes("leave")],
      ["like-l", "pagetitle", "TG-2", (d) => d.pagetitle.endsWith("TG-2")],
      ["like-r", "pagetitle", "parental", (d) => d.pagetitle.startsWith("Parental")],
      ["null", "alias", undefined, (d) => d.alias === null],
      ["!null", "alias", undefined, (d) => d.alias !== null],
    ];

  test.each(OPERATOR_CASES)("the operator %s on %s with %j", async (op, field, value, holds) => {
    const ids = expected(holds);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids.length).toBeLessThan(DOCUMENTS.length);
    expect(await where({ field, op, ...(value === undefined ? {} : { value }) })).toEqual(ids);
  });

  test("every operator has a case", () => {
    expect(new Set(OPERATOR_CASES.map(([op]) => op))).toEqual(new Set(OPERATORS));
  });

  test("conditions must all hold", async () => {
    expect(await where({ field: "parent", op: "=", value: 27 }, { field: "published", op: "=", value: false })).toEqual([38]);
  });

  describe("like takes what the user wrote as it is", () => {
    const cases: readonly (readonly [string, readonly number[]])[] = [
      ["100%", [26]],
      ["1_0", []],
      ["%", [26]],
      ["_", []],
      ["!", []],
      ["\\", []],
    ];
    test.each(cases)("%p in a title", async (text, ids) => {
      expect(await where({ field: "pagetitle", op: "like", value: text })).toEqual(ids);
    });

    // SQLite and Postgres mind the case of letters beyond ASCII, MariaDB and MySQL of none.
    const lowered = (text: string) =>
      engineOf(site.db) === "mysql" ? text.toLowerCase() : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const finder = async (title: string) => {
      await site.db.updateTable("content_document").set({ longtitle: title }).where("id", "=", 1).execute();
      const where = (op: string, value: string) => [
        { field: "longtitle", op, value },
        { field: "id", op: "=", value: 1 },
      ];
      return async (op: string, value: string) => (await site.ids(SEARCH, { limit: 1, filters: { where: where(op, value) } })).length === 1;
    };

    test("letters beyond ASCII are found as they were written", async () => {
      const finds = await finder("ÉCOLE de l'Être");
      expect(await finds("like", "École DE")).toBe(true);
      expect(await finds("like-r", "Éc")).toBe(true);
      expect(await finds("like-l", "l'être")).toBe(engineOf(site.db) === "mysql");
      expect(await finds("like", "Ecole")).toBe(false);
    });

    const letters = fc.string({ unit: fc.constantFrom("a", "B", "%", "_", "!", "\\", "'", "[", "é", "É"), maxLength: 6 });
    test("for any text, all three match just as text does", async () => {
      await fc.assert(
        fc.asyncProperty(letters, letters, async (stored, asked) => {
          const finds = await finder(stored);
          const [text, part] = [lowered(stored), lowered(asked)];
          expect(await finds("like", asked)).toBe(text.includes(part));
          expect(await finds("like-l", asked)).toBe(text.endsWith(part));
          expect(await finds("like-r", asked)).toBe(text.startsWith(part));
        }),
        { numRuns: 150 },
      );
    });
  });

  describe("the bin", () => {
    test("is left out unless asked for", async () => {
      const ids = await site.ids(SEARCH, { limit: 100 });
      expect(ids).toEqual(expected((d) => d.deleted === 0));
      expect(ids).not.toContain(21);
    });
    test("is all there is with deleted: true", async () => {
      expect(await site.ids(SEARCH, { limit: 100, deleted: true })).toEqual([21, 25]);
    });
    test("is searched where a filter names it", async () => {
      expect(await site.ids(SEARCH, { limit: 100, filters: { where: [{ field: "deleted", op: "=", value: 1 }] } })).toEqual([21, 25]);
    });
  });

  describe("plain arguments", () => {
    test("published", async () => {
      expect(await site.ids(SEARCH, { limit: 100, published: false })).toEqual([26, 38]);
    });
    test("hidemenu", async () => {
      expect(await site.ids(SEARCH, { limit: 100, hidemenu: true })).toEqual([37, 48]);
    });
    test("template", async () => {
      expect(await site.ids(SEARCH, { limit: 100, template: 3 })).toEqual([28, 35, 37, 38]);
    });
    test("parent alone means its children", async () => {
      expect(await site.ids(SEARCH, { limit: 100, parent: 30 })).toEqual([31, 32, 34]);
    });
    test("parent 0 means the root of the site", async () => {
      expect(await site.ids(SEARCH, { limit: 100, parent: 0 })).toEqual([1, 2, 9, 27, 39, 47, 48]);
    });
    test("depth reaches that many levels under the parent", async () => {
      expect(await site.ids(SEARCH, { limit: 100, parent: 27, depth: 2 })).toEqual([28, 29, 30, 35, 36, 37, 38]);
      expect(await site.ids(SEARCH, { limit: 100, parent: 27, depth: 4 })).toEqual([28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38]);
    });
    test("a parent that is not there has nothing under it", async () => {
      expect(await site.ids(SEARCH, { limit: 100, parent: 999, depth: 6 })).toEqual([]);
    });
  });

  describe("order", () => {
    test.each(["id", "pagetitle", "menuindex", "createdon", "pub_date"] as const)("by %s, then by id", async (field) => {
      const rows = DOCUMENTS.filter((d) => d.deleted === 0);
      const compare = (a: Document, b: Document) => (a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0);
      const ascending = [...rows].sort((a, b) => compare(a, b) || a.id - b.id).map((d) => d.id);
      const descending = [...rows].sort((a, b) => -compare(a, b) || (field === "id" ? 0 : a.id - b.id)).map((d) => d.id);
      expect(await site.ids(SEARCH, { limit: 100, order_by: field })).toEqual(ascending);
      expect(await site.ids(SEARCH, { limit: 100, order_by: field, order_dir: "desc" })).toEqual(descending);
    });
    test("by date takes the publication date, or the creation date where there is none", async () => {
      expect(await site.ids(SEARCH, { limit: 4, order_by_date: "desc" })).toEqual([38, 44, 45, 48]);
      expect(await site.ids(SEARCH, { limit: 3, order_by_date: "asc" })).toEqual([1, 2, 3]);
    });
    test("pages follow one another without gap or repeat", async () => {
      const all = await site.ids(SEARCH, { limit: 100, order_by: "menuindex" });
      const pages: number[] = [];
      for (let offset = 0; offset < all.length; offset += 7)
        pages.push(...(await site.ids(SEARCH, { limit: 7, offset, order_by: "menuindex" })));
      expect(pages).toEqual([...all]);
    });
  });

  describe("template variables", () => {
    const tvs = async (args: Readonly<Record<string, unknown>>) =>
      (await site.items(SEARCH, { limit: 100, ...args })).map((item) => [item.id, item.tvs]);
    const filtered = (...tv_filters: readonly Readonly<Record<string, unknown>>[]) => site.ids(SEARCH, { limit: 100, tv_filters });

    test("come along only where asked for", async () => {
      expect(await tvs({ parent: 5 })).toEqual([
        [6, undefined],
        [7, undefined],
        [8, undefined],
      ]);
      expect(await tvs({ parent: 5, with_tvs: ["audience", "price"] })).toEqual([
        [6, { audience: null, price: null }],
        [7, { audience: null, price: null }],
        [8, { audience: "staff", price: null }],
      ]);
    });
    test("name:d gives the default where the document has no value, null where there is no default", async () => {
      expect(await tvs({ parent: 5, with_tvs: ["audience:d", "price:d"] })).toEqual([
        [6, { audience: "everyone", price: null }],
        [7, { audience: "everyone", price: null }],
        [8, { audience: "staff", price: null }],
      ]);
    });
    test("a name given twice comes once, with its default", async () => {
      expect(await tvs({ parent: 5, limit: 1, with_tvs: ["audience:d", "audience"] })).toEqual([[6, { audience: "everyone" }]]);
    });
    test("are compared as text without a cast", async () => {
      expect(await filtered({ tv: "reading_minutes", op: ">", value: "9" })).toEqual([]);
      expect(await filtered({ tv: "price", op: "=", value: "450" })).toEqual([37]);
      expect(await filtered({ tv: "price", op: "in", value: ["450", 980.5, "980.50"] })).toEqual([35, 37]);
      expect(await filtered({ tv: "price", op: "like-r", value: "ON " })).toEqual([38]);
      expect(await filtered({ tv: "price", op: "!=", value: "450" })).toEqual([28, 35, 38]);
    });
    test("are compared as numbers with a cast; text that is no number matches nothing", async () => {
      expect(await filtered({ tv: "reading_minutes", op: ">", value: "9", cast: "UNSIGNED" })).toEqual([13, 20, 31, 42]);
      expect(await filtered({ tv: "price", op: ">=", value: "980.5", cast: "DECIMAL(10,2)" })).toEqual([28, 35]);
      expect(await filtered({ tv: "price", op: ">", value: -1, cast: "SIGNED" })).toEqual([28, 35, 37]);
      expect(await filtered({ tv: "price", op: "not_in", value: [450, "1490"], cast: "SIGNED" })).toEqual([35]);
      expect(await filtered({ tv: "price", op: "null", cast: "SIGNED" })).toContain(38);
    });
    test("null is a document without a value", async () => {
      expect(await filtered({ tv: "price", op: "!null" })).toEqual([28, 35, 37, 38]);
      expect(await filtered({ tv: "price", op: "null" })).not.toContain(28);
    });
    test("use_default lets the default stand in, for text and for numbers", async () => {
      const everyone = await filtered({ tv: "audience", op: "=", value: "everyone", use_default: true });
      expect(everyone).toContain(1);
      expect(everyone).not.toContain(8);
      expect(await filtered({ tv: "audience", op: "=", value: "everyone" })).toEqual([]);
      const three = await filtered({ tv: "reading_minutes", op: "=", value: 3, cast: "UNSIGNED", use_default: true });
      expect(three).toContain(1);
      expect(three).not.toContain(11);
      expect(await filtered({ tv: "reading_minutes", op: "=", value: 3, cast: "UNSIGNED" })).toEqual([]);
    });
    test("filters must all hold", async () => {
      expect(await filtered({ tv: "audience", op: "=", value: "customers" }, { tv: "owner_team", op: "=", value: "survey" })).toEqual([38]);
    });
    test("sort by text or by number; documents without a value come last", async () => {
      const minutes = { tv: "reading_minutes", op: "!null" };
      const byText = await site.ids(SEARCH, { limit: 3, tv_filters: [minutes], tv_order: [{ tv: "reading_minutes", dir: "desc" }] });
      expect(byText).toEqual([29, 24, 19]);
      const byNumber = await site.ids(SEARCH, {
        limit: 3,
        tv_filters: [minutes],
        tv_order: [{ tv: "reading_minutes", dir: "desc", cast: "UNSIGNED" }],
      });
      expect(byNumber).toEqual([42, 20, 31]);
      expect(await site.ids(SEARCH, { limit: 5, tv_order: [{ tv: "price", cast: "DECIMAL(10,2)" }] })).toEqual([37, 35, 28, 1, 2]);
      expect(await site.ids(SEARCH, { limit: 5, tv_order: [{ tv: "price", dir: "desc", cast: "DECIMAL(10,2)" }] })).toEqual([
        28, 35, 37, 1, 2,
      ]);
    });
    test("sort with the default of those that have no value", async () => {
      const ids = await site.ids(SEARCH, { limit: 6, tv_order: [{ tv: "reading_minutes", cast: "UNSIGNED", use_default: true }] });
      expect(ids).toEqual([44, 45, 11, 12, 17, 1]);
    });
    test.each(["abc", "1.5", "-1", "9007199254740993", "", "1e3", true, null])("UNSIGNED is not compared with %p", async (value) => {
      expect(await site.refusal(SEARCH, { limit: 1, tv_filters: [{ tv: "price", op: "=", value, cast: "UNSIGNED" }] })).toStartWith(
        "tv_filters[0].value was ",
      );
    });
    test.each(["INTEGER", "unsigned", "DECIMAL(0,0)", "DECIMAL(39,2)", "DECIMAL(20,11)", "DECIMAL(2,3)", "DECIMAL(5,2)) or (1=1", ""])(
      "there is no cast %p",
      async (cast) => {
        expect(await site.refusal(SEARCH, { limit: 1, tv_filters: [{ tv: "price", op: "=", value: 1, cast }] })).toStartWith(
          `tv_filters[0].cast was ${JSON.stringify(cast)}; allowed: UNSIGNED, SIGNED or DECIMAL(p,s)`,
        );
      },
    );
    test("like is not for numbers", async () => {
      expect(await site.refusal(SEARCH, { limit: 1, tv_filters: [{ tv: "price", op: "like", value: "1", cast: "SIGNED" }] })).toStartWith(
        'tv_filters[0].op was "like"',
      );
    });
  });

  describe("tags_data", () => {
    const tagged = (...tags: readonly string[]) => site.ids(SEARCH, { limit: 100, tags_data: { tv_id: 4, tags } });

    test("finds documents that have any of the tags, however the list is written", async () => {
      expect(await tagged("radar")).toEqual([28, 29, 31]);
      expect(await tagged("harbour", "boat")).toEqual([8, 28, 35]);
      expect(await tagged("booking")).toEqual([8]);
    });
    test("matches whole tags without minding the case", async () => {
      expect(await tagged("LEAVE")).toEqual([16, 17, 19, 20]);
      expect(await tagged("rad", "board", "ho")).toEqual([]);
      expect(await tagged("%", "_eave")).toEqual([]);
    });
  });
});
