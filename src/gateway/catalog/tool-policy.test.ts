/** What configuration and servers say of single tools: denied, hidden, renamed, described anew. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ServerPolicy } from "../../api/server-definition.ts";
import { initialized, openGateway, type TestClient, testServer } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { ListItem } from "./list-item.ts";
import { offerOf } from "./offer.ts";

const scripted = (...names: readonly string[]) => new ScriptedServer({ lists: { tools: names.map(toolText) } });
/** Each route with the way it writes the name of a tool of server `one`. */
const ROUTES = [
  ["/projects/demo/mcp", (name: string) => `one__${name}`],
  ["/api/v1/mcp/one", (name: string) => name],
  ["/emcp/one", (name: string) => name],
] as const;

async function verdict(client: TestClient, name: string): Promise<string> {
  const response = await client.send("tools/call", { name });
  const { error } = (await response.json()) as { error?: { code: unknown } };
  return error === undefined ? String(response.status) : `${response.status} ${String(error.code)}`;
}

describe("tools that are denied", () => {
  test("are in no list and answer 403 tool_denied, by the configuration's patterns and the server's", async () => {
    const one = scripted("list", "delete_user", "delete_all", "purge");
    await using gateway = await openGateway({
      servers: { one, two: scripted("purge") },
      policy: { denyTools: ["delete_*"] },
      policies: { one: { denyTools: ["pur?e"] } },
    });
    for (const [path, as] of ROUTES) {
      const client = await initialized(gateway, { path });
      expect((await client.toolNames()).filter((name) => !name.startsWith("two__"))).toEqual([as("list")]);
      for (const name of ["delete_user", "delete_all", "purge"]) expect(await verdict(client, as(name))).toBe("403 tool_denied");
      expect(await verdict(client, as("list"))).toBe("200");
    }
    const client = await initialized(gateway);
    expect(await verdict(client, "two__purge")).toBe("200");
    expect(one.of("tools/call").map(({ paramsText }) => JSON.parse(paramsText ?? "").name)).toEqual(["list", "list", "list"]);
  });

  test("may be named with their server, and then those of other servers are not meant", async () => {
    await using gateway = await openGateway({ servers: { one: scripted("a"), two: scripted("a") }, policy: { denyTools: ["one__*"] } });
    const client = await initialized(gateway);
    expect(await client.toolNames()).toEqual(["two__a"]);
    expect(await verdict(client, "one__a")).toBe("403 tool_denied");
    expect(await verdict(await initialized(gateway, { path: "/api/v1/mcp/one" }), "a")).toBe("403 tool_denied");
  });

  test("stay denied under another name: the server's own name is judged", async () => {
    const policy: ServerPolicy = { denyTools: ["drop"], tools: { drop: { rename: "harmless" }, list: { rename: "drop" } } };
    await using gateway = await openGateway({ servers: { one: scripted("drop", "list") }, policies: { one: policy } });
    for (const [path, as] of ROUTES) {
      const client = await initialized(gateway, { path });
      expect(await client.toolNames()).toEqual([as("drop")]);
      expect(await verdict(client, as("harmless"))).toBe("403 tool_denied");
      // What is called so now is another tool, which nobody denies.
      expect(await verdict(client, as("drop"))).toBe("200");
      expect(await verdict(client, as("list"))).toBe("200 -32602");
    }
  });

  test("are not called before the server's list has told which they are", async () => {
    const one = scripted("drop");
    await using gateway = await openGateway({
      servers: { one },
      settle: false,
      policies: { one: { denyTools: ["drop"] } },
      writeTools: ["one"],
    });
    expect(await verdict(await initialized(gateway), "one__drop")).toBe("403 tool_denied");
    expect(one.of("tools/call")).toEqual([]);
  });
});

describe("tools that are hidden", () => {
  test("are not listed, and a call of them is refused with tool_denied", async () => {
    await using gateway = await openGateway({
      servers: { one: scripted("a", "b") },
      policies: { one: { tools: { b: { hidden: true } } } },
    });
    for (const [path, as] of ROUTES) {
      const client = await initialized(gateway, { path });
      expect(await client.toolNames()).toEqual([as("a")]);
      expect(await verdict(client, as("b"))).toBe("403 tool_denied");
    }
  });
});

describe("tools that are renamed", () => {
  test("are listed and called by their new name alone; the server hears its own", async () => {
    const one = scripted("q", "other");
    await using gateway = await openGateway({ servers: { one }, policies: { one: { tools: { q: { rename: "search" } } } } });
    for (const [path, as] of ROUTES) {
      const client = await initialized(gateway, { path });
      expect(await client.toolNames()).toEqual([as("search"), as("other")]);
      expect(await verdict(client, as("search"))).toBe("200");
      expect(await verdict(client, as("q"))).toBe("200 -32602");
    }
    expect(one.of("tools/call").map(({ paramsText }) => JSON.parse(paramsText ?? "").name)).toEqual(["q", "q", "q"]);
  });

  test("are recorded by the server's own name", async () => {
    await using gateway = await openGateway({ servers: { one: scripted("q") }, policies: { one: { tools: { q: { rename: "search" } } } } });
    for (const [path, as] of ROUTES) {
      const client = await initialized(gateway, { path });
      gateway.control.audited.length = 0;
      await verdict(client, as("search"));
      expect(gateway.control.audited).toMatchObject([{ kind: "tool_call_trace", server: "one", tool: "q" }]);
    }
  });

  test("may get names that are too long for a project, and are found by the shortened one", async () => {
    const rename = "x".repeat(100);
    await using gateway = await openGateway({ servers: { one: scripted("q") }, policies: { one: { tools: { q: { rename } } } } });
    const client = await initialized(gateway);
    const [name = ""] = await client.toolNames();
    expect(name).toHaveLength(64);
    expect(await verdict(client, name)).toBe("200");
  });

  test("keep their name where it is another tool's, and the server's state says so", async () => {
    await using gateway = await openGateway({
      servers: { one: scripted("a", "b", "c") },
      policies: { one: { tools: { a: { rename: "b" }, c: { rename: "d" } } } },
    });
    expect(await (await initialized(gateway)).toolNames()).toEqual(["one__a", "one__b", "one__d"]);
    expect(gateway.gateway.statuses()).toMatchObject([
      { handle: "one", state: "ready", reason: "cannot be renamed, since another tool has the name: a" },
    ]);
  });
});

test("a tool is described anew, and all else of it stays as the server wrote it", async () => {
  const texts = [
    '{"name":"a", "description":"old", "inputSchema":{"type":"object","x":1.0}}',
    '{"inputSchema":{},"name":"b"}',
    '{"name":"c","description":"left alone"}',
  ];
  const tools = { a: { description: 'new "one"\n' }, b: { description: "told", rename: "bb" } };
  await using gateway = await openGateway({
    servers: { one: new ScriptedServer({ lists: { tools: texts } }) },
    policies: { one: { tools } },
  });
  const listed = await (await initialized(gateway, { path: "/api/v1/mcp/one" })).send("tools/list");
  expect(await listed.text()).toContain(
    `"tools":[{"name":"a", "description":"new \\"one\\"\\n", "inputSchema":{"type":"object","x":1.0}},{"inputSchema":{},"name":"bb","description":"told"},${texts[2]}]`,
  );
  expect(await (await initialized(gateway)).toolNames()).toEqual(["one__a", "one__bb", "one__c"]);
});

test("a changed policy takes effect without a restart, and clients hear that the list is another one", async () => {
  const one = scripted("a", "b");
  await using gateway = await openGateway({ servers: { one } });
  const client = await initialized(gateway);
  const names = () => client.toolNames();
  expect(await names()).toEqual(["one__a", "one__b"]);
  const change = async (policy: ServerPolicy, expected: readonly string[]) => {
    gateway.control.change({ servers: [{ ...testServer("one"), policy }] });
    for (let tries = 0; tries < 1000 && (await names()).join() !== expected.join(); tries += 1) await Bun.sleep(1);
    expect(await names()).toEqual([...expected]);
  };
  await change({ denyTools: ["a"] }, ["one__b"]);
  await change({ tools: { b: { rename: "c" } } }, ["one__a", "one__c"]);
  await change({}, ["one__a", "one__b"]);
  // The server was read once: what it lists did not change.
  expect(one.of("tools/list")).toHaveLength(1);
});

test("whatever is denied, hidden and renamed, what is offered and what is withheld are all tools once, each judged by its own name", () => {
  const name: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "d", "constructor", "__proto__");
  const item = (own: string): ListItem => {
    const text = JSON.stringify({ name: own });
    return { own, shown: own, text, nameSpan: { start: 8, end: text.length - 1 }, writes: own === "b", repeatable: false };
  };
  const settings = fc.dictionary(name, fc.record({ rename: name, hidden: fc.boolean() }, { requiredKeys: [] }), { noNullPrototype: true });
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.array(name, { maxLength: 2 }), settings, fc.boolean(), (owns, deny, tools, writeTools) => {
      const lists = { tools: owns.map(item), prompts: [], resources: [], resourceTemplates: [] };
      const offer = offerOf(lists, { handle: "one", writeTools, deny, tools });
      const offered = offer.lists.tools;
      expect([...offered.map(({ own }) => own), ...offer.withheld.keys()].sort()).toEqual([...owns].sort());
      for (const { own, shown, text } of offered) {
        expect(deny.includes(own) || (Object.hasOwn(tools, own) && tools[own]?.hidden === true) || (own === "b" && !writeTools)).toBe(
          false,
        );
        expect(JSON.parse(text).name).toBe(shown);
        expect(offer.ownNames?.get(shown) ?? own).toBe(own);
      }
    }),
  );
});
