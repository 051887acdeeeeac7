import { expect, test } from "bun:test";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { upstreamLost } from "../upstream/upstream-errors.ts";
import { upstreamEvents } from "../upstream/upstream-events.fixture.ts";
import type { ListKind } from "./list-item.ts";
import { type CatalogLimits, ServerCatalog } from "./server-catalog.ts";
import type { ToolRules } from "./tool-rules.ts";

const LIMITS: CatalogLimits = {
  positiveTtlMs: 1000,
  negativeTtlMs: 100,
  readTimeoutMs: 60_000,
  maxPages: 5,
  maxItems: 8,
  maxChars: 10_000,
};

const RULES: ToolRules = { handle: "one", writeTools: false, deny: [], tools: {} };

function setup(server: ScriptedServer, limits: Partial<CatalogLimits> = {}) {
  const time = { ms: 0 };
  const changes: (readonly ListKind[])[] = [];
  const upstream = server.connect("one", upstreamEvents({ listChanged: () => catalog.invalidate() }));
  const catalog: ServerCatalog = new ServerCatalog({
    handle: "one",
    upstream,
    rules: RULES,
    limits: { ...LIMITS, ...limits },
    monotonicNow: () => time.ms,
    onChange: (kinds) => changes.push(kinds),
  });
  const names = () => catalog.lists?.tools.map(({ own }) => own);
  return { catalog, time, changes, names };
}

const tools = (...names: string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) } });

/** Answers `tools/list` with pages of these names; the page asked for is in the cursor. */
function paged(pages: readonly (readonly string[])[], more = (page: number) => page < pages.length) {
  return new ScriptedServer({
    lists: { tools: [] },
    answers: {
      "tools/list": ({ idText, paramsText }: UpstreamCall) => {
        const page = Number(JSON.parse(paramsText ?? "{}").cursor ?? 0);
        const next = more(page + 1) ? `,"nextCursor":"${page + 1}"` : "";
        return `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${(pages[page] ?? []).map(toolText).join(",")}]${next}}}`;
      },
    },
  });
}

/** Until all that can go on without a timer has. */
const idle = () => new Promise((resolve) => setImmediate(resolve));

test("lists are read page by page, in order", async () => {
  const { catalog, names } = setup(paged([["a", "b"], ["c"], ["d"]]));
  await catalog.refresh();
  expect(names()).toEqual(["a", "b", "c", "d"]);
});

test("a server that never comes to its last page is read to the bound of pages and of entries", async () => {
  const endless = paged([["a"], ["b"], ["c"], ["d"], ["e"], ["f"]], () => true);
  const byPages = setup(endless);
  await byPages.catalog.refresh();
  expect(byPages.names()).toEqual(["a", "b", "c", "d", "e"]);
  const many = paged([["a", "b", "c", "d", "e", "f"], ["g", "h", "i", "j"], ["k"]]);
  const byItems = setup(many);
  await byItems.catalog.refresh();
  expect(byItems.names()).toEqual(["a", "b", "c", "d", "e", "f", "g", "h"]);
  expect(many.of("tools/list")).toHaveLength(2);
});

test("of two entries with one name the first counts", async () => {
  const { catalog } = setup(
    new ScriptedServer({ lists: { tools: ['{"name":"a","n":1}', '{"name":"b"}', '{"name":"a","n":2}'], prompts: ['{"name":"a"}'] } }),
  );
  await catalog.refresh();
  expect(catalog.lists?.tools.map(({ text }) => text)).toEqual(['{"name":"a","n":1}', '{"name":"b"}']);
  expect(catalog.lists?.prompts).toHaveLength(1);
});

test("entries without a name of their own are left out, the others stay", async () => {
  const { catalog, names } = setup(
    new ScriptedServer({ lists: { tools: ["null", "7", "{}", '{"name":7}', '{"name":""}', '{"name":"a","name":"b"}', '{"name":"c"}'] } }),
  );
  await catalog.refresh();
  expect(names()).toEqual(["c"]);
});

test("only what a server offers is asked for", async () => {
  const server = new ScriptedServer({ lists: { prompts: ['{"name":"p"}'] } });
  const { catalog } = setup(server);
  await catalog.refresh();
  expect(server.calls.map(({ method }) => method)).toEqual(["prompts/list"]);
  expect(catalog.lists).toMatchObject({ tools: [], resources: [], resourceTemplates: [] });
});

test("callers at the same time share one reading", async () => {
  const server = tools("a");
  const { catalog } = setup(server);
  await Promise.all([catalog.refresh(), catalog.refresh(), catalog.firstReading(60_000), catalog.refreshOlderThan(0)]);
  expect(server.of("tools/list")).toHaveLength(1);
});

test("a change that is announced during a reading is not missed", async () => {
  const gate = Promise.withResolvers<void>();
  const server: ScriptedServer = new ScriptedServer({
    lists: { tools: [toolText("old")] },
    answers: {
      "tools/list": async ({ idText }) => {
        const seen = server.lists.tools?.join(",");
        if (server.of("tools/list").length === 1) await gate.promise;
        return `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${seen}]}}`;
      },
    },
  });
  const { catalog, names, changes } = setup(server);
  const reading = catalog.refresh();
  await idle();
  server.lists = { tools: [toolText("new")] };
  server.announce();
  gate.resolve();
  await reading;
  expect(names()).toEqual(["old"]);
  await idle();
  expect(names()).toEqual(["new"]);
  expect(changes).toHaveLength(2);
});

test("a flood of announcements costs one reading at a time", async () => {
  const server = tools("a");
  setup(server);
  for (let announced = 0; announced < 100; announced += 1) server.announce();
  await idle();
  expect(server.of("tools/list").length).toBeLessThanOrEqual(2);
});

test("lists are read again in the background when they are old, and not before", async () => {
  const server = tools("a");
  const { catalog, time, names } = setup(server);
  await catalog.refresh();
  server.lists = { tools: [toolText("b")] };
  time.ms += 999;
  catalog.touch();
  await idle();
  expect(names()).toEqual(["a"]);
  time.ms += 1;
  catalog.touch();
  expect(names()).toEqual(["a"]);
  await idle();
  expect(names()).toEqual(["b"]);
});

test("a reading that failed is repeated when its time is up, and not at every touch", async () => {
  const server = tools("a").die("it exited with code 1");
  const { catalog, time, names } = setup(server);
  await catalog.refresh();
  server.comeBack();
  await idle();
  expect(names()).toEqual(["a"]);
  server.die("again");
  time.ms += 1000;
  catalog.touch();
  await idle();
  const status = () => server.of("tools/list").length;
  const before = status();
  server.comeBack();
  await idle();
  expect(status()).toBe(before + 1);
});

test("a failed reading keeps what is known and is not repeated within its time", async () => {
  let refuse = false;
  const server = new ScriptedServer({
    lists: { tools: [] },
    answers: {
      "tools/list": ({ idText }) => {
        if (refuse) throw new Error("no");
        return `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${toolText("a")}]}}`;
      },
    },
  });
  const { catalog, time, names } = setup(server);
  await catalog.refresh();
  refuse = true;
  time.ms += 1000;
  for (let touched = 0; touched < 3; touched += 1) {
    catalog.touch();
    await idle();
  }
  expect(server.of("tools/list")).toHaveLength(2);
  expect(names()).toEqual(["a"]);
  time.ms += 100;
  catalog.touch();
  await idle();
  expect(server.of("tools/list")).toHaveLength(3);
});

test("a reading that takes too long fails, and the next one may succeed", async () => {
  let hang = true;
  const server = new ScriptedServer({
    lists: { tools: [] },
    answers: {
      "tools/list": ({ idText }) =>
        hang ? new Promise<string>(() => {}) : `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${toolText("a")}]}}`,
    },
  });
  const { catalog, names } = setup(server, { readTimeoutMs: 1 });
  await catalog.refresh();
  expect(names()).toBeUndefined();
  expect(server.calls[0]?.signal.aborted).toBe(true);
  hang = false;
  await catalog.refresh();
  expect(names()).toEqual(["a"]);
});

test("a list that is answered with an error stays the last known one, on a later page too", async () => {
  let failing = "";
  const server = new ScriptedServer({
    lists: { tools: [], prompts: ['{"name":"p"}'] },
    answers: {
      "tools/list": ({ idText, paramsText }) => {
        const page = paramsText === "{}" ? "1" : "2";
        if (page === failing) return `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}`;
        const next = page === "1" ? ',"nextCursor":"2"' : "";
        return `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${toolText(`on-${page}`)}]${next}}}`;
      },
    },
  });
  const { catalog, names, changes } = setup(server);
  await catalog.refresh();
  for (failing of ["1", "2"]) {
    await catalog.refresh();
    expect(names()).toEqual(["on-1", "on-2"]);
    expect(changes).toHaveLength(1);
  }
});

test("a method that a server does not know is an empty list", async () => {
  const unknown = ({ idText }: UpstreamCall) => `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32601,"message":"Method not found"}}`;
  const server = new ScriptedServer({
    lists: { tools: [toolText("a")], resources: ['{"uri":"x://1"}'] },
    answers: { "resources/templates/list": unknown, "prompts/list": unknown },
    initialized: { capabilities: { tools: {}, resources: {}, prompts: {} } },
  });
  const { catalog } = setup(server);
  await catalog.refresh();
  expect(catalog.lists).toMatchObject({ tools: [{ own: "a" }], resources: [{ own: "x://1" }], resourceTemplates: [], prompts: [] });
});

test("prompts that were never told do not hide the tools", async () => {
  const server = new ScriptedServer({
    lists: { tools: [toolText("a")], prompts: [] },
    answers: { "prompts/list": ({ idText }) => `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}` },
  });
  const { catalog, names } = setup(server);
  await catalog.refresh();
  expect(names()).toEqual(["a"]);
  expect(catalog.lists?.prompts).toEqual([]);
});

test("tools that were never told are no empty list", async () => {
  const server = new ScriptedServer({
    lists: { tools: [] },
    answers: { "tools/list": ({ idText }) => `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}` },
  });
  const { catalog } = setup(server);
  await catalog.refresh();
  expect(catalog.lists).toBeUndefined();
});

test("only a difference counts as a change, and each kind for itself", async () => {
  const server = new ScriptedServer({ lists: { tools: [toolText("a")], prompts: [] } });
  const { catalog, changes } = setup(server);
  await catalog.refresh();
  const revision = catalog.revision;
  await catalog.refresh();
  expect(catalog.revision).toBe(revision);
  server.lists = { tools: [toolText("a")], prompts: ['{"name":"p"}'] };
  await catalog.refresh();
  expect(catalog.revision).toBeGreaterThan(revision);
  expect(changes.at(-1)).toEqual(["prompts"]);
});

test("a first list waits for a reading, but for one that hangs only its moment and only once", async () => {
  const server = tools("a").hang();
  const { catalog, names } = setup(server);
  await catalog.firstReading(1);
  expect(names()).toBeUndefined();
  // Would outlast the test if it waited again.
  await catalog.firstReading(3600_000);
  server.comeBack();
  await idle();
  expect(names()).toEqual(["a"]);
});

test("who needs the lists waits for the first reading, and after one that failed nobody does until the server speaks", async () => {
  const gates: ReturnType<typeof Promise.withResolvers<void>>[] = [];
  const server = new ScriptedServer({
    lists: { tools: [] },
    answers: {
      "tools/list": async ({ idText }) => {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        return `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${toolText("a")}]}}`;
      },
    },
  });
  const { catalog, time } = setup(server);
  const first = Promise.all([catalog.firstLists(), catalog.firstLists()]);
  await idle();
  gates[0]?.reject(new Error("no"));
  expect(await first).toEqual([undefined, undefined]);
  // The reading failed just now: it is not repeated at once.
  expect(await catalog.firstLists()).toBeUndefined();
  await idle();
  expect(gates).toHaveLength(1);
  time.ms += 100;
  // It is repeated now, and hangs; who comes meanwhile is not held up.
  expect(await catalog.firstLists()).toBeUndefined();
  expect(await catalog.firstLists()).toBeUndefined();
  await idle();
  expect(gates).toHaveLength(2);
  server.announce();
  gates[1]?.reject(new Error("no"));
  await idle();
  const hopeful = catalog.firstLists();
  await idle();
  expect(gates).toHaveLength(3);
  gates[2]?.resolve();
  expect((await hopeful)?.tools.map(({ own }) => own)).toEqual(["a"]);
});

test("lists that could not be read again are stale, and why is told until they are", async () => {
  let how: "list" | "error" | "throw" = "list";
  const server = new ScriptedServer({
    lists: { tools: [], prompts: [] },
    answers: {
      "tools/list": ({ idText }) => {
        if (how === "throw") throw upstreamLost("one", "it exited");
        if (how === "error") return `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}`;
        return `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${toolText("a")}]}}`;
      },
    },
  });
  const { catalog } = setup(server);
  const seen = async (next: typeof how) => {
    how = next;
    await catalog.refresh();
    return { stale: catalog.stale, problem: catalog.problem?.message };
  };
  expect(await seen("list")).toEqual({ stale: false, problem: undefined });
  expect(await seen("throw")).toEqual({ stale: true, problem: expect.stringContaining("it exited") });
  expect(await seen("error")).toEqual({ stale: true, problem: "it answered with an error when it was asked for its tools" });
  expect(await seen("list")).toEqual({ stale: false, problem: undefined });
});

test("an error for another list than the tools is told, and makes no tool stale", async () => {
  const server = new ScriptedServer({
    lists: { tools: [toolText("a")], prompts: [] },
    answers: { "prompts/list": ({ idText }) => `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}` },
  });
  const { catalog } = setup(server);
  await catalog.refresh();
  expect({ stale: catalog.stale, problem: catalog.problem?.message }).toEqual({
    stale: false,
    problem: "it answered with an error when it was asked for its prompts",
  });
});

test("no more text is kept of a server than there is room for, whatever its lists hold, and that is told", async () => {
  const padded = (name: string) => JSON.stringify({ name, description: "x".repeat(400) });
  const server = new ScriptedServer({
    lists: { tools: ["a", "b", "c"].map(padded), resources: ["a", "b", "c"].map((uri) => JSON.stringify({ uri, text: "x".repeat(400) })) },
  });
  const { catalog } = setup(server, { maxChars: 2000 });
  await catalog.refresh();
  const { tools: kept = [], resources = [] } = catalog.lists ?? {};
  expect([...kept, ...resources].reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(2000);
  expect(kept.length + resources.length).toBe(4);
  expect(catalog.problem?.message).toBe("its lists are longer than what is kept of them; the rest is not offered");
  server.lists = { tools: [padded("a")], resources: [] };
  await catalog.refresh();
  expect(catalog.problem).toBeUndefined();
});

test("lists that are cut at their bound of pages or entries are told to be", async () => {
  const endless = setup(paged([["a"], ["b"], ["c"], ["d"], ["e"], ["f"]], () => true));
  await endless.catalog.refresh();
  const many = setup(paged([["a", "b", "c", "d", "e", "f", "g", "h", "i"]]));
  await many.catalog.refresh();
  const just = setup(paged([["a", "b", "c", "d", "e", "f", "g", "h"]]));
  await just.catalog.refresh();
  const told = [endless, many, just].map(({ catalog }) => catalog.problem !== undefined);
  expect(told).toEqual([true, true, false]);
});

test("which tools may be called twice is the server's word, whether they are offered or not", async () => {
  const hinted = (name: string, annotations: object) => JSON.stringify({ name, annotations });
  const server = new ScriptedServer({
    lists: {
      tools: [
        hinted("reads", { readOnlyHint: true }),
        hinted("sets", { readOnlyHint: false, idempotentHint: true }),
        hinted("adds", { readOnlyHint: false, idempotentHint: false }),
        hinted("odd", { readOnlyHint: "true", idempotentHint: 1 }),
        toolText("silent"),
      ],
    },
  });
  const { catalog, names } = setup(server);
  expect(catalog.isRepeatable("reads")).toBe(false);
  await catalog.refresh();
  expect(names()).toEqual(["reads", "odd", "silent"]);
  expect(["reads", "sets", "adds", "odd", "silent", "none"].filter((name) => catalog.isRepeatable(name))).toEqual(["reads", "sets"]);
});

test("lists are stale while their server is away", async () => {
  const server = tools("a");
  const { catalog } = setup(server);
  expect(catalog.stale).toBe(false);
  await catalog.refresh();
  server.die("it exited with code 1");
  expect(catalog.stale).toBe(true);
  server.comeBack();
  expect(catalog.stale).toBe(false);
});

test("tools that write are held back until they are turned on, from the lists as last read and without another reading", async () => {
  let fails = false;
  const failing = ({ idText }: UpstreamCall) => `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32603,"message":"no"}}`;
  const writing = '{"name":"write","annotations":{"readOnlyHint":false}}';
  const listed = ({ idText }: UpstreamCall) => `{"jsonrpc":"2.0","id":${idText},"result":{"tools":[${writing},${toolText("read")}]}}`;
  const server = new ScriptedServer({ lists: { tools: [] }, answers: { "tools/list": (call) => (fails ? failing(call) : listed(call)) } });
  const { catalog, names, changes } = setup(server);
  await catalog.refresh();
  expect({ names: names(), withheld: [...catalog.withheld.keys()] }).toEqual({ names: ["read"], withheld: ["write"] });
  // The last known list stays whole behind what is offered of it.
  fails = true;
  await catalog.refresh();
  const [revision, readings] = [catalog.revision, server.of("tools/list").length];
  catalog.setRules({ ...RULES, writeTools: true });
  expect({ names: names(), withheld: catalog.withheld.size }).toEqual({ names: ["write", "read"], withheld: 0 });
  catalog.setRules(RULES);
  expect(names()).toEqual(["read"]);
  expect(catalog.revision).toBe(revision + 2);
  expect(changes.slice(-2)).toEqual([["tools"], ["tools"]]);
  expect(server.of("tools/list")).toHaveLength(readings);
});

test("a catalog that was never read has nothing to hold back, and what is set before the first reading holds for it", async () => {
  const { catalog, names, changes } = setup(
    new ScriptedServer({ lists: { tools: ['{"name":"write","annotations":{"destructiveHint":true}}'] } }),
  );
  catalog.setRules({ ...RULES, writeTools: true });
  expect({ lists: catalog.lists, withheld: catalog.withheld.size, changes }).toEqual({ lists: undefined, withheld: 0, changes: [] });
  await catalog.refresh();
  expect(names()).toEqual(["write"]);
});
