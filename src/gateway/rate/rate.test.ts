/** The calls a minute that one caller may make, through the gateway. */
import { expect, test } from "bun:test";
import { initialized, openGateway, type TestClient } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { decidedLimiter } from "./decided-limiter.ts";

const tools = () => new ScriptedServer({ lists: { tools: [toolText("a")], prompts: ['{"name":"p"}'] } });
const ROUTES = [
  ["/projects/demo/mcp", "one__a"],
  ["/api/v1/mcp/one", "a"],
  ["/emcp/one", "a"],
] as const;

async function statuses(client: TestClient, times: number, method: string, params?: unknown): Promise<number[]> {
  const found: number[] = [];
  for (let time = 0; time < times; time += 1) found.push((await client.send(method, params)).status);
  return found;
}

test("one call more than a server takes is 429 with Retry-After, and does not reach it", async () => {
  const one = tools();
  await using gateway = await openGateway({ servers: { one, two: tools() }, rateLimits: { one: 2 } });
  const client = await initialized(gateway);
  const call = (name: string) => client.send("tools/call", { name });
  expect([(await call("one__a")).status, (await call("one__a")).status]).toEqual([200, 200]);
  gateway.time.ms += 20_000;
  const refused = await call("one__a");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("40");
  expect(await refused.json()).toMatchObject({
    error: { code: "rate_limited", message: expect.stringContaining("Server one takes 2 calls a minute of tools/call") },
  });
  expect(one.of("tools/call")).toHaveLength(2);
  expect((await call("two__a")).status).toBe(200);
  gateway.time.ms += 40_000;
  expect((await call("one__a")).status).toBe(200);
});

test("the configuration's limit holds on every route, and a burst is refused from the first call over it on, each time alike", async () => {
  for (const [path, name] of ROUTES) {
    for (const start of [0, 59_000, 60_000]) {
      await using gateway = await openGateway({ servers: { one: tools() }, policy: { rates: { perMinute: 5, methods: {} } } });
      gateway.time.ms += start;
      const client = await initialized(gateway, { path });
      expect(await statuses(client, 8, "tools/call", { name })).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
      expect(await statuses(client, 6, "tools/list")).toEqual([200, 200, 200, 200, 200, 429]);
    }
  }
});

test("a burst of initialize is refused too", async () => {
  for (const [path] of ROUTES) {
    await using gateway = await openGateway({ servers: { one: tools() }, policy: { rates: { perMinute: 3, methods: {} } } });
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    expect(await statuses(gateway.client({ path }), 5, "initialize", params)).toEqual([200, 200, 200, 429, 429]);
  }
});

test("by default 600 calls a minute pass, and 0 turns limits off, for all servers or for one", async () => {
  const burst = async (setup: Parameters<typeof openGateway>[0]) => {
    await using gateway = await openGateway({ servers: { one: tools() }, ...setup });
    return statuses(await initialized(gateway), 601, "tools/call", { name: "one__a" });
  };
  expect((await burst({})).indexOf(429)).toBe(600);
  expect((await burst({ policy: { rates: { perMinute: 0, methods: {} } } })).includes(429)).toBe(false);
  expect((await burst({ rateLimits: { one: 0 } })).includes(429)).toBe(false);
});

test("servers, methods and callers are counted apart", async () => {
  const rates = { perMinute: 1, methods: {} };
  await using gateway = await openGateway({ servers: { one: tools(), two: tools() }, policy: { rates } });
  const client = await initialized(gateway);
  const other = await initialized(gateway, { token: gateway.control.issue("demo") });
  for (const caller of [client, other]) {
    expect(await statuses(caller, 2, "tools/call", { name: "one__a" })).toEqual([200, 429]);
    expect(await statuses(caller, 2, "tools/call", { name: "two__a" })).toEqual([200, 429]);
    expect(await statuses(caller, 2, "prompts/get", { name: "one__p" })).toEqual([200, 429]);
  }
});

test("a method may have a limit of its own, by the configuration or by the server", async () => {
  await using gateway = await openGateway({
    servers: { one: tools(), two: tools() },
    policy: { rates: { perMinute: 600, methods: { "tools/call": 1 } } },
    policies: { two: { rateLimits: { "tools/*": 2 } } },
  });
  const client = await initialized(gateway);
  expect(await statuses(client, 2, "tools/call", { name: "one__a" })).toEqual([200, 429]);
  expect(await statuses(client, 3, "tools/call", { name: "two__a" })).toEqual([200, 200, 429]);
  expect(await statuses(client, 3, "prompts/get", { name: "one__p" })).toEqual([200, 200, 200]);
});

test("pings, notifications and what rights refuse count for nothing", async () => {
  await using gateway = await openGateway({ servers: { one: tools() }, policy: { rates: { perMinute: 1, methods: {} } } });
  const client = await initialized(gateway);
  expect(await statuses(client, 3, "ping")).toEqual([200, 200, 200]);
  for (let times = 0; times < 3; times += 1) expect((await client.notify("notifications/initialized", {})).status).toBe(202);
  const viewer = await initialized(gateway, {
    token: gateway.control.issue("demo", { bindings: [{ role: "view", resource: "servers" }] }),
  });
  expect(await statuses(viewer, 3, "tools/call", { name: "one__a" })).toEqual([403, 403, 403]);
});

test("a session more is no call more: the caller counts, not the session", async () => {
  await using gateway = await openGateway({ servers: { one: tools() }, rateLimits: { one: 1 } });
  const [first, second] = [await initialized(gateway), await initialized(gateway)];
  expect((await first.send("tools/call", { name: "one__a" })).status).toBe(200);
  expect((await second.send("tools/call", { name: "one__a" })).status).toBe(429);
});

test("a call that cannot be counted passes or is 503 limiter_unavailable, as it was chosen", async () => {
  const verdict = async (onStoreFailure: "open" | "closed") => {
    const failures: unknown[] = [];
    const away = { take: () => Promise.reject(new Error("away")) };
    const limiter = decidedLimiter({
      limiter: away,
      timeoutMs: 1000,
      onStoreFailure,
      onLimiterUnavailable: (error) => failures.push(error),
    });
    await using gateway = await openGateway({ servers: { one: tools() }, limiter });
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    const response = await gateway.client().send("initialize", params);
    const { error } = (await response.json()) as { error?: { code: string } };
    return { status: response.status, code: error?.code, retryAfter: response.headers.get("retry-after"), failures: failures.length };
  };
  expect(await verdict("open")).toEqual({ status: 200, code: undefined, retryAfter: null, failures: 1 });
  expect(await verdict("closed")).toEqual({ status: 503, code: "limiter_unavailable", retryAfter: "1", failures: 1 });
});
