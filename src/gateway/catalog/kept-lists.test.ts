import { expect, test } from "bun:test";
import type { CacheKey, TextCache } from "../cache/text-cache.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { ServerToRun } from "../serving/server-to-run.ts";
import { upstreamEvents } from "../upstream/upstream-events.fixture.ts";
import { keptListsIn, parseLists } from "./kept-lists.ts";
import { CATALOG_LIMITS, ServerCatalog } from "./server-catalog.ts";

const RULES = { handle: "one", writeTools: true, deny: [], tools: {} };
const SERVER: ServerToRun = {
  id: "srv_1",
  handle: "one",
  backing: { kind: "url", url: "https://one.example/mcp" },
  enabled: true,
  rateLimit: null,
  writeTools: true,
  policy: {},
  secrets: {},
};

/** A cache that all processes of a test share. */
class SharedCache implements TextCache {
  readonly texts = new Map<string, string>();
  writes = 0;

  async get(key: CacheKey): Promise<string | undefined> {
    return this.texts.get(JSON.stringify(key));
  }

  async set(key: CacheKey, text: string): Promise<void> {
    this.writes += 1;
    this.texts.set(JSON.stringify(key), text);
  }
}

interface Started {
  readonly owner?: string;
  readonly server?: ServerToRun;
}

/** The catalog of a process that was started now. */
function start(cache: TextCache, scripted: ScriptedServer, { owner = "gateway g", server = SERVER }: Started = {}): ServerCatalog {
  const upstream = scripted.connect("one", upstreamEvents());
  const kept = keptListsIn(cache, owner)(server);
  return new ServerCatalog({
    handle: "one",
    upstream,
    rules: RULES,
    limits: CATALOG_LIMITS,
    kept,
    monotonicNow: () => 0,
    onChange: () => {},
  });
}

const up = (...names: string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) } });
const away = () => up().hang().die("away");
const names = (catalog: ServerCatalog) => catalog.lists?.tools.map(({ own }) => own);

test("lists serve a later process while the server is away, as lists that are stale, byte for byte", async () => {
  const cache = new SharedCache();
  const before = start(cache, up("a", "b"));
  await before.refresh();
  const after = start(cache, away());
  expect(names(after)).toBeUndefined();
  await after.firstLists();
  expect([names(after), after.stale, after.era, after.initialized]).toEqual([["a", "b"], true, before.era, before.initialized]);
  expect(after.lists?.tools.map(({ text }) => text)).toEqual(before.lists?.tools.map(({ text }) => text) ?? []);
});

test("what the server says itself takes the place of what was kept, and is kept in turn", async () => {
  const cache = new SharedCache();
  await start(cache, up("a")).refresh();
  const after = start(cache, up("b"));
  await after.refresh();
  expect([names(after), after.stale]).toEqual([["b"], false]);
  const later = start(cache, away());
  await later.firstLists();
  expect(names(later)).toEqual(["b"]);
});

test("lists that are as they were are not written again", async () => {
  const cache = new SharedCache();
  await start(cache, up("a")).refresh();
  const again = start(cache, up("a"));
  await again.refresh();
  await again.refresh();
  expect(cache.writes).toBe(1);
});

test("another owner, and a server that is defined in another way, get none of it", async () => {
  const cache = new SharedCache();
  await start(cache, up("a")).refresh();
  const elsewhere = { ...SERVER, backing: { kind: "url" as const, url: "https://two.example/mcp" } };
  for (const started of [{ owner: "caller x of demo" }, { server: elsewhere }, { server: { ...SERVER, id: "srv_2" } }]) {
    const catalog = start(cache, away(), started);
    await catalog.firstLists();
    expect(names(catalog)).toBeUndefined();
  }
});

test.each(["", "{", "[]", '{"era":"legacy"}', '{"era":"modern","initialized":{},"lists":{}}'])("what is kept as %p is nothing", (text) => {
  expect(parseLists(text)).toBeUndefined();
});

test("the rules of today hold for lists of yesterday", async () => {
  const cache = new SharedCache();
  await start(cache, up("a", "b")).refresh();
  const catalog = start(cache, away());
  catalog.setRules({ ...RULES, deny: ["one__b", "b"] });
  await catalog.firstLists();
  expect(names(catalog)).toEqual(["a"]);
});
