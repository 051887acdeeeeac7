/** Tools that their server declares to write are off until they are turned on. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { advertisedName } from "../catalog/advertised-name.ts";
import { initialized, openGateway, readEvents, type Setup, type TestClient, testServer } from "../gateway.fixture.ts";
import { ScriptedServer } from "../scripted-upstream.fixture.ts";

const tool = (name: string, annotations?: unknown) =>
  JSON.stringify({ name, inputSchema: { type: "object" }, ...(annotations === undefined ? {} : { annotations }) });

const LONG = `purge_${"x".repeat(80)}`;
const TOOLS = [
  tool("read", { readOnlyHint: true }),
  tool("plain"),
  tool("write", { readOnlyHint: false }),
  tool(LONG, { destructiveHint: true }),
];
const READING = ["one__read", "one__plain"];
const WRITING = ["one__write", advertisedName("one", LONG)];

const writer = (...more: string[]) => new ScriptedServer({ lists: { tools: [...TOOLS, ...more] } });

async function withServer(run: (setup: Awaited<ReturnType<typeof opened>>) => Promise<void>, setup: Setup = {}) {
  const { gateway, ...rest } = await opened(setup);
  await using closing = gateway;
  await run({ gateway: closing, ...rest });
}

async function opened(setup: Setup) {
  const one = writer();
  const gateway = await openGateway({ servers: { one }, ...setup });
  const switchTo = (writeTools: boolean) => gateway.control.change({ servers: [{ ...testServer("one"), writeTools }] });
  return { one, gateway, switchTo, client: await initialized(gateway) };
}

async function refusalOf(client: TestClient, name: string) {
  const response = await client.send("tools/call", { name });
  const { error } = (await response.json()) as { error?: { code: unknown; message: string } };
  return { status: response.status, code: error?.code, message: error?.message ?? "" };
}

/** Waits for what the gateway does by itself; the test's own time is the limit. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1));
}

const DENIED = { status: 403, code: "tool_denied" };
const OK = { status: 200, code: undefined };

describe("by default", () => {
  test("tools that declare to write are not listed; those that declare to read, and those that declare nothing, are", () =>
    withServer(async ({ client, gateway }) => {
      expect(await client.toolNames()).toEqual(READING);
      expect(gateway.gateway.statuses()).toMatchObject([{ handle: "one", tools: 2 }]);
    }));

  test("a call of one is refused with 403 tool_denied before the server hears of it, and the refusal says how to turn it on", () =>
    withServer(async ({ client, one }) => {
      for (const name of WRITING) expect(await refusalOf(client, name)).toMatchObject(DENIED);
      expect((await refusalOf(client, "one__write")).message).toBe(
        "Tool write is one that writes, and write tools of server one are off; an administrator turns them on with writeTools: true",
      );
      expect(one.of("tools/call")).toEqual([]);
      for (const name of READING) expect(await refusalOf(client, name)).toMatchObject(OK);
    }));

  test("a name that was shortened is judged by the server's own name, and recorded under it", () =>
    withServer(async ({ client, gateway }) => {
      const [, shortened = ""] = WRITING;
      expect(shortened).toHaveLength(64);
      expect((await refusalOf(client, shortened)).message).toContain(`Tool ${LONG} is`);
      expect(gateway.control.audited.at(-1)).toMatchObject({
        kind: "gate_decision",
        outcome: "refused",
        code: "tool_denied",
        status: 403,
        project: "demo",
        server: "one",
        tool: LONG,
      });
    }));

  test("it is the same on the route of one server, and for who may do everything", () =>
    withServer(async ({ gateway, one }) => {
      const client = await initialized(gateway, { path: "/api/v1/mcp/one", token: gateway.operatorKey });
      expect(await client.toolNames()).toEqual(["read", "plain"]);
      for (const name of ["write", LONG]) expect(await refusalOf(client, name)).toMatchObject(DENIED);
      expect(await refusalOf(client, "read")).toMatchObject(OK);
      expect(one.of("tools/call")).toHaveLength(1);
    }));

  test("who may not run the server is told that alone", () =>
    withServer(async ({ gateway }) => {
      const client = await initialized(gateway, {
        token: gateway.control.issue("demo", { bindings: [{ role: "view", resource: "servers" }] }),
      });
      expect(await refusalOf(client, "one__write")).toMatchObject({ status: 403, code: "forbidden" });
    }));

  test("in a batch one that writes is refused alone", () =>
    withServer(async ({ gateway, one }) => {
      const client = gateway.client();
      await client.initialize("2025-03-26");
      const calls = ["one__write", "one__read"].map((name, id) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name } }));
      const answers = (await (await client.post(JSON.stringify(calls))).json()) as unknown[];
      expect(answers).toMatchObject([
        { id: 0, error: { message: expect.stringContaining("Tool write") } },
        { id: 1, result: {} },
      ]);
      expect(one.of("tools/call")).toHaveLength(1);
      expect(gateway.control.audited.map(({ code }) => code)).toContain("tool_denied");
    }));
});

describe("a server whose tools are not known yet", () => {
  test("is asked for them before any is called: one that writes does not slip through", async () => {
    const one = writer().hang();
    await using gateway = await openGateway({ servers: { one }, settle: false });
    const client = await initialized(gateway);
    const calls = [...WRITING, "one__read"].map((name) => refusalOf(client, name));
    one.comeBack();
    expect(await Promise.all(calls)).toMatchObject([DENIED, DENIED, OK]);
    expect(one.of("tools/call").map(({ paramsText }) => paramsText)).toEqual(['{"name":"read"}']);
  });

  test("and that does not tell is not called at all", async () => {
    const answers = { "tools/list": () => '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no"}}' };
    const one = new ScriptedServer({ lists: { tools: TOOLS }, answers });
    const two = writer().die("it exited with code 1");
    await using gateway = await openGateway({ servers: { one, two } });
    const client = await initialized(gateway);
    expect(await refusalOf(client, "one__read")).toMatchObject({ status: 503, code: "upstream_unavailable" });
    const away = await refusalOf(client, "two__read");
    expect(away).toMatchObject({ status: 503, code: "upstream_unavailable", message: expect.stringContaining("it exited with code 1") });
    expect([...one.of("tools/call"), ...two.of("tools/call")]).toEqual([]);
  });

  test("a tool that came after the last reading is looked up, and refused where it writes", () =>
    withServer(async ({ client, gateway, one }) => {
      gateway.time.ms += 1000;
      one.lists = { tools: [...TOOLS, tool("drop", { destructiveHint: true })] };
      expect(await refusalOf(client, "one__drop")).toMatchObject(DENIED);
      expect(one.of("tools/call")).toEqual([]);
    }));

  test("one that declares to write from now on is refused as soon as the server says so", () =>
    withServer(async ({ client, one }) => {
      const events = readEvents(await client.get());
      one.lists = { tools: [tool("read", { readOnlyHint: false })] };
      one.announce();
      expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
      expect(await client.toolNames()).toEqual([]);
      expect(await refusalOf(client, "one__read")).toMatchObject(DENIED);
    }));
});

describe("turned on", () => {
  test("they are listed in their places and called", () =>
    withServer(
      async ({ client, one }) => {
        expect(await client.toolNames()).toEqual([...READING, ...WRITING]);
        for (const name of WRITING) expect(await refusalOf(client, name)).toMatchObject(OK);
        expect(one.of("tools/call").map(({ paramsText }) => JSON.parse(paramsText ?? "").name)).toEqual(["write", LONG]);
      },
      { writeTools: ["one"] },
    ));

  test("for one server they stay off for another", async () => {
    const servers = { one: writer(), two: writer() };
    await using gateway = await openGateway({ servers, writeTools: ["two"] });
    const client = await initialized(gateway);
    expect(await client.toolNames()).toEqual([...READING, ...["read", "plain", "write", LONG].map((own) => advertisedName("two", own))]);
    expect(await refusalOf(client, "one__write")).toMatchObject(DENIED);
    expect(await refusalOf(client, "two__write")).toMatchObject(OK);
    // Both at once, in one snapshot: what a list was made of is told by more than a sum.
    gateway.control.change({ servers: [{ ...testServer("one"), writeTools: true }, testServer("two")] });
    await until(async () => (await refusalOf(client, "one__write")).status === 200);
    expect(await client.toolNames()).toEqual([
      ...["read", "plain", "write", LONG].map((own) => advertisedName("one", own)),
      "two__read",
      "two__plain",
    ]);
  });

  test("and off again they come and go at once: clients are told, and the connection stays", () =>
    withServer(async ({ client, gateway, one, switchTo }) => {
      const alone = await initialized(gateway, { path: "/api/v1/mcp/one" });
      const events = readEvents(await client.get());
      const names = async () => ({ project: await client.toolNames(), server: await alone.toolNames() });
      const on = { project: [...READING, ...WRITING], server: ["read", "plain", "write", LONG] };
      const off = { project: READING, server: ["read", "plain"] };
      for (const [writeTools, listed, verdict] of [
        [true, on, OK],
        [false, off, DENIED],
        [true, on, OK],
      ] as const) {
        switchTo(writeTools);
        expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
        expect(await names()).toEqual(listed);
        for (const name of WRITING) expect(await refusalOf(client, name)).toMatchObject(verdict);
        expect(await refusalOf(alone, "write")).toMatchObject(verdict);
      }
      expect({ closed: one.closed, readings: one.of("tools/list").length }).toEqual({ closed: 0, readings: 1 });
    }));

  test("for a server that has none, nothing changes and nobody is told", async () => {
    const one = new ScriptedServer({ lists: { tools: [tool("read", { readOnlyHint: true })] } });
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const events = readEvents(await client.get());
    gateway.control.change({ servers: [{ ...testServer("one"), writeTools: true }] });
    await until(() => gateway.gateway.pipeline.served.server("one")?.host.definition.writeTools === true);
    one.lists = { tools: [tool("read", { readOnlyHint: true })], prompts: ['{"name":"p"}'] };
    one.announce();
    // The first that is heard is what comes after.
    expect(await events.next()).toMatchObject({ method: "notifications/prompts/list_changed" });
    await events.cancel();
  });
});

test("whatever servers declare, what is listed is what may be called, and nothing else reaches a server", async () => {
  const hint = fc.constantFrom<unknown>(undefined, true, false, null, "false", 0);
  const annotations = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, [], "readOnlyHint", 7),
    fc.record({ readOnlyHint: hint, destructiveHint: hint, title: fc.constant("x") }, { requiredKeys: [] }),
  );
  const name = fc.oneof(fc.stringMatching(/^[a-z_.]{1,8}$/), fc.stringMatching(/^[a-z]{60,70}$/));
  const declared = fc.uniqueArray(fc.tuple(name, annotations), { minLength: 1, maxLength: 6, selector: ([own]) => own });
  await fc.assert(
    fc.asyncProperty(declared, fc.boolean(), fc.boolean(), async (entries, writeTools, settle) => {
      const one = new ScriptedServer({ lists: { tools: entries.map(([own, hints]) => tool(own, hints)) } });
      await using gateway = await openGateway({ servers: { one }, settle, writeTools: writeTools ? ["one"] : [] });
      const client = await initialized(gateway);
      const writes = (hints: unknown) => {
        const { readOnlyHint, destructiveHint } = Object(hints);
        return readOnlyHint === false || destructiveHint === true;
      };
      const open = entries.filter(([, hints]) => writeTools || !writes(hints)).map(([own]) => own);
      const statuses = await Promise.all(entries.map(async ([own]) => (await refusalOf(client, advertisedName("one", own))).status));
      expect(statuses).toEqual(entries.map(([own]) => (open.includes(own) ? 200 : 403)));
      expect(await client.toolNames()).toEqual(open.map((own) => advertisedName("one", own)));
      const reached = one.of("tools/call").map(({ paramsText }) => JSON.parse(paramsText ?? "").name);
      expect(reached.toSorted()).toEqual(open.toSorted());
    }),
    { numRuns: 60 },
  );
});
