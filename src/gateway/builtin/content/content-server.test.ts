import { expect, test } from "bun:test";
import { VERSION } from "../../../core/version.ts";
import { contentItemOutput, contentListOutput, modelItemOutput, modelListOutput } from "./output-schema.ts";
import { onEverySite } from "./seeded-site.fixture.ts";

const CANONICAL = [
  "evo.content.search",
  "evo.content.get",
  "evo.content.root_tree",
  "evo.content.descendants",
  "evo.content.ancestors",
  "evo.content.children",
  "evo.content.siblings",
  "evo.model.list",
  "evo.model.get",
];

const OPTIONAL = [
  "evo.content.neighbors",
  "evo.content.prev_siblings",
  "evo.content.next_siblings",
  "evo.content.children_range",
  "evo.content.siblings_range",
];

/** One good call of every tool. */
const GOOD_CALLS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "evo.content.search": { limit: 3, with_tvs: ["audience:d"] },
  "evo.content.get": { id: 46, with_tvs: ["summary"] },
  "evo.content.root_tree": { limit: 100, depth: 6 },
  "evo.content.descendants": { id: 9, limit: 5, offset: 2 },
  "evo.content.ancestors": { id: 33, limit: 5 },
  "evo.content.children": { id: 9, limit: 5 },
  "evo.content.siblings": { id: 9, limit: 5 },
  "evo.model.list": { model: "SiteTmplvar", limit: 10 },
  "evo.model.get": { model: "UserAttribute", id: 1 },
  "evo.content.neighbors": { id: 28, limit: 2 },
  "evo.content.prev_siblings": { id: 35, limit: 5 },
  "evo.content.next_siblings": { id: 28, limit: 5 },
  "evo.content.children_range": { id: 27, from: 1, limit: 5 },
  "evo.content.siblings_range": { id: 28, from: 0, to: 1, limit: 5 },
};

interface Listed {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, unknown>>;
}

onEverySite((site) => {
  async function listed(): Promise<readonly Listed[]> {
    return (await site.server.request("tools/list", {})).tools as readonly Listed[];
  }

  test("initialize names the platform, its version and the toolset", () => {
    const result = site.server.initialize("2025-11-25");
    expect(result).toMatchObject({
      protocolVersion: "2025-11-25",
      capabilities: { tools: { listChanged: false }, evo: { toolsetVersion: "1.0" } },
      serverInfo: { name: "content", platform: "eMCP", platformVersion: VERSION, version: VERSION },
    });
  });

  test("tools/list shows the nine canonical tools", async () => {
    const names = (await listed()).map((tool) => tool.name);
    expect(names.slice(0, 9)).toEqual(CANONICAL);
  });

  test("tools/list shows the five optional tools after them", async () => {
    const names = (await listed()).map((tool) => tool.name);
    expect(names.slice(9)).toEqual(OPTIONAL);
  });

  test("tools/list is one page without a cursor, the same at every call", async () => {
    const first = await site.server.request("tools/list", {});
    expect(Object.keys(first)).toEqual(["tools"]);
    expect(JSON.stringify(await site.server.request("tools/list", {}))).toBe(JSON.stringify(first));
  });

  test("tools/list refuses a cursor that it never gave", async () => {
    await expect(site.server.request("tools/list", { cursor: "abc" })).rejects.toMatchObject({
      code: -32602,
      message: 'cursor was "abc"; allowed: no cursor: the list has one page',
    });
  });

  test("every tool says that it only reads, and takes no unknown argument", async () => {
    for (const tool of await listed()) {
      expect(tool.annotations).toEqual({ readOnlyHint: true, idempotentHint: true, openWorldHint: false });
      expect(tool.inputSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(tool.outputSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(tool.title.length).toBeGreaterThan(0);
      expect(tool.description.length).toBeGreaterThan(20);
      expect(await site.refusal(tool.name, { ...GOOD_CALLS[tool.name], extra: 1 })).toStartWith("extra is an unknown argument; allowed: ");
    }
  });

  test("no schema names a draft, so that validators of any draft read it", async () => {
    expect(JSON.stringify(await listed())).not.toContain("$schema");
  });

  test("every list tool but those of one item requires a limit", async () => {
    const withoutLimit = (await listed()).filter((tool) => !(tool.inputSchema.required as string[]).includes("limit"));
    expect(withoutLimit.map((tool) => tool.name)).toEqual(["evo.content.get", "evo.model.get"]);
  });

  test("every result carries meta.toolsetVersion", async () => {
    for (const [name, args] of Object.entries(GOOD_CALLS)) {
      const { structuredContent } = await site.call(name, args);
      expect(structuredContent?.meta.toolsetVersion).toBe("1.0");
    }
  });

  test("meta says the page asked for and how many items it holds", async () => {
    const { structuredContent } = await site.call("evo.content.search", { limit: 7, offset: 40 });
    expect(structuredContent?.meta).toEqual({ limit: 7, offset: 40, count: 6, toolsetVersion: "1.0" });
    const one = await site.call("evo.content.get", { id: 1 });
    expect(one.structuredContent?.meta).toEqual({ limit: 1, offset: 0, count: 1, toolsetVersion: "1.0" });
  });

  test("the text of every result is its structuredContent as JSON", async () => {
    for (const [name, args] of Object.entries(GOOD_CALLS)) {
      const { content, structuredContent } = await site.call(name, args);
      expect(content).toHaveLength(1);
      expect(content[0]?.type).toBe("text");
      expect(JSON.parse(content[0]?.text ?? "")).toEqual(structuredContent);
    }
  });

  test("every result has the shape that its output schema promises", async () => {
    for (const [name, args] of Object.entries(GOOD_CALLS)) {
      const { structuredContent } = await site.call(name, args);
      expect(structuredContent?.meta.count).toBeGreaterThan(0);
      const schema = name.startsWith("evo.model")
        ? name.endsWith("list")
          ? modelListOutput
          : modelItemOutput
        : name.endsWith(".get")
          ? contentItemOutput
          : contentListOutput;
      expect(schema.safeParse(structuredContent).error).toBeUndefined();
    }
  });

  test("ping is answered", async () => {
    expect(await site.server.request("ping", {})).toEqual({});
  });

  test.each(["initialize", "prompts/list", "resources/list", "tools/", "__proto__", "constructor"])(
    "%s is an unknown method",
    async (method) => {
      await expect(site.server.request(method, {})).rejects.toMatchObject({ code: -32601, message: `Method not found: ${method}` });
    },
  );

  test.each(["evo.content.delete", "", "constructor", "evo.content.search "])("an unknown tool is named: %p", async (name) => {
    await expect(site.server.request("tools/call", { name })).rejects.toMatchObject({ code: -32602, message: `Unknown tool: ${name}` });
  });

  test("a call without a tool name is refused", async () => {
    await expect(site.server.request("tools/call", {})).rejects.toMatchObject({
      code: -32602,
      message: "name is missing; allowed: the name of a tool",
    });
  });

  test("a call without arguments is read as one with none", async () => {
    await expect(site.server.request("tools/call", { name: "evo.content.search" })).rejects.toMatchObject({
      code: -32602,
      message: "limit is missing; allowed: an integer from 1 to 100",
    });
  });
});
