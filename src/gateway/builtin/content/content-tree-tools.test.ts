import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { onEverySite } from "./seeded-site.fixture.ts";

onEverySite((site) => {
  describe("evo.content.get", () => {
    test("reads one document with the allow-listed fields and nothing else", async () => {
      const { structuredContent } = await site.call("evo.content.get", { id: 45 });
      expect(structuredContent?.item).toEqual({
        id: 45,
        parent: 43,
        pagetitle: "Firmware 3.2",
        longtitle: "Firmware 3.2 | Skerry Instruments",
        description: "Fixes the reading at exact midnight",
        alias: "firmware-3-2",
        published: 1,
        deleted: 0,
        hidemenu: 0,
        menuindex: 1,
        template: 2,
        createdon: 1_767_762_000,
        editedon: 1_768_021_200,
        pub_date: 1_768_464_000,
        unpub_date: 1_845_360_000,
        isfolder: 0,
        type: "document",
      });
    });
    test("adds the template variables asked for", async () => {
      const { structuredContent } = await site.call("evo.content.get", { id: 35, with_tvs: ["price", "reading_minutes", "audience:d"] });
      expect(structuredContent?.item?.tvs).toEqual({ price: "980.50", reading_minutes: null, audience: "customers" });
    });
    test("reads a document in the bin too, and says so", async () => {
      const { structuredContent } = await site.call("evo.content.get", { id: 21 });
      expect(structuredContent?.item).toMatchObject({ id: 21, deleted: 1 });
    });
  });

  describe("a document that is not there", () => {
    const needsDocument = [
      "get",
      "descendants",
      "ancestors",
      "children",
      "siblings",
      "neighbors",
      "prev_siblings",
      "next_siblings",
      "children_range",
      "siblings_range",
    ];
    test.each(needsDocument)("evo.content.%s says so, as an error of the tool", async (tool) => {
      const args = { id: 999, ...(tool === "get" ? {} : { limit: 1 }), ...(tool.endsWith("range") ? { from: 0 } : {}) };
      expect(await site.call(`evo.content.${tool}`, args)).toEqual({
        content: [{ type: "text", text: "No document has the id 999" }],
        isError: true,
      });
    });
  });

  describe("evo.content.root_tree", () => {
    test("gives two levels unless told, level by level", async () => {
      expect(await site.ids("evo.content.root_tree", { limit: 100 })).toEqual([
        1, 2, 9, 27, 39, 47, 48, 3, 4, 5, 10, 14, 15, 22, 28, 35, 37, 38, 40, 43, 46,
      ]);
    });
    test("depth 1 gives the roots alone", async () => {
      expect(await site.ids("evo.content.root_tree", { limit: 100, depth: 1 })).toEqual([1, 2, 9, 27, 39, 47, 48]);
    });
    test("the site is five levels deep and all of it but the bin is reached", async () => {
      expect(await site.ids("evo.content.root_tree", { limit: 100, depth: 4 })).not.toContain(33);
      const all = await site.ids("evo.content.root_tree", { limit: 100, depth: 5 });
      expect(all.at(-1)).toBe(33);
      expect(all).toHaveLength(46);
    });
    test("pages follow one another", async () => {
      expect(await site.ids("evo.content.root_tree", { limit: 3, offset: 6 })).toEqual([48, 3, 4]);
    });
    test("adds the template variables asked for", async () => {
      const [item] = await site.items("evo.content.root_tree", { limit: 1, with_tvs: ["audience:d"] });
      expect(item?.tvs).toEqual({ audience: "everyone" });
    });
  });

  describe("evo.content.descendants", () => {
    test("gives all levels under the document, without the bin", async () => {
      expect(await site.ids("evo.content.descendants", { id: 9, limit: 100 })).toEqual([
        10, 14, 15, 22, 11, 12, 13, 16, 17, 18, 23, 24, 26, 19, 20,
      ]);
    });
    test("stops at the depth", async () => {
      expect(await site.ids("evo.content.descendants", { id: 27, limit: 100, depth: 2 })).toEqual([28, 35, 37, 38, 29, 30, 36]);
    });
    test("a leaf has none", async () => {
      expect(await site.ids("evo.content.descendants", { id: 33, limit: 100 })).toEqual([]);
    });
  });

  describe("evo.content.ancestors", () => {
    test("leads from the root to the parent", async () => {
      expect(await site.ids("evo.content.ancestors", { id: 33, limit: 100 })).toEqual([27, 28, 30, 32]);
    });
    test("depth keeps the nearest", async () => {
      expect(await site.ids("evo.content.ancestors", { id: 33, limit: 100, depth: 2 })).toEqual([30, 32]);
    });
    test("a root has none", async () => {
      expect(await site.ids("evo.content.ancestors", { id: 9, limit: 100 })).toEqual([]);
    });
  });

  describe("around one document", () => {
    const cases: readonly (readonly [tool: string, args: Readonly<Record<string, unknown>>, ids: readonly number[]])[] = [
      ["children", { id: 15 }, [16, 17, 18]],
      ["children", { id: 33 }, []],
      ["siblings", { id: 14 }, [10, 15, 22]],
      ["siblings", { id: 9 }, [1, 2, 27, 39, 47, 48]],
      ["neighbors", { id: 14 }, [10, 15]],
      ["neighbors", { id: 10 }, [14]],
      ["neighbors", { id: 14, limit: 1, offset: 1 }, [15]],
      ["neighbors", { id: 26 }, [24]],
      ["prev_siblings", { id: 38 }, [37, 35, 28]],
      ["prev_siblings", { id: 28 }, []],
      ["next_siblings", { id: 28 }, [35, 37, 38]],
      ["next_siblings", { id: 38 }, []],
      ["children_range", { id: 27, from: 1, to: 2 }, [35, 37]],
      ["children_range", { id: 27, from: 2, to: 2 }, [37]],
      ["children_range", { id: 27, from: 2 }, [37, 38]],
      ["children_range", { id: 27, from: 9 }, []],
      ["children_range", { id: 27, from: 0, to: 2, limit: 2, offset: 1 }, [35, 37]],
      ["children_range", { id: 27, from: 0, to: 2, limit: 2, offset: 3 }, []],
      ["siblings_range", { id: 35, from: 1 }, [37, 38]],
      ["siblings_range", { id: 35, from: 0, to: 1 }, [28, 37]],
    ];
    test.each(cases)("evo.content.%s %j", async (tool, args, ids) => {
      expect(await site.ids(`evo.content.${tool}`, { limit: 100, ...args })).toEqual(ids);
    });

    test.each(["children_range", "siblings_range"])("evo.content.%s refuses a range that ends before it starts", async (tool) => {
      expect(await site.refusal(`evo.content.${tool}`, { id: 27, from: 3, to: 2, limit: 1 })).toBe(
        "to was 2; allowed: an integer from 3 (the value of from) to 2147483646",
      );
      expect(await site.refusal(`evo.content.${tool}`, { id: 27, limit: 1 })).toBe(
        "from is missing; allowed: an integer from 0 to 2147483646",
      );
      expect(await site.refusal(`evo.content.${tool}`, { id: 27, from: -1, limit: 1 })).toBe(
        "from was -1; allowed: an integer from 0 to 2147483646",
      );
    });

    test("documents with the same menuindex stand in the order of their ids", async () => {
      await site.db.updateTable("content_document").set({ menuindex: 1 }).where("parent", "=", 40).execute();
      expect(await site.ids("evo.content.next_siblings", { id: 41, limit: 5 })).toEqual([42]);
      expect(await site.ids("evo.content.prev_siblings", { id: 42, limit: 5 })).toEqual([41]);
      expect(await site.ids("evo.content.prev_siblings", { id: 41, limit: 5 })).toEqual([]);
    });
  });

  describe("parents that form a circle", () => {
    const putBelow = (parent: number, id: number) => site.db.updateTable("content_document").set({ parent }).where("id", "=", id).execute();
    beforeEach(() => putBelow(18, 9));
    afterEach(async () => {
      await putBelow(0, 9);
      await putBelow(0, 48);
    });

    test("end no walk and list each document once, never itself", async () => {
      const below = await site.ids("evo.content.descendants", { id: 9, limit: 100 });
      expect(new Set(below).size).toBe(below.length);
      expect(below).toEqual([10, 14, 15, 22, 11, 12, 13, 16, 17, 18, 23, 24, 26, 19, 20]);
      expect(await site.ids("evo.content.ancestors", { id: 9, limit: 100 })).toEqual([15, 18]);
      expect(await site.ids("evo.content.search", { parent: 9, depth: 6, limit: 100 })).toHaveLength(15);
    });
    test("a document that is its own parent has neither ancestors nor descendants", async () => {
      await putBelow(48, 48);
      expect(await site.ids("evo.content.ancestors", { id: 48, limit: 100 })).toEqual([]);
      expect(await site.ids("evo.content.descendants", { id: 48, limit: 100 })).toEqual([]);
    });
  });
});
