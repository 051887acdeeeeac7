/** The calls a minute that a server takes from one caller, through the gateway. */
import { expect, test } from "bun:test";
import { initialized, openGateway } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";

const tools = () => new ScriptedServer({ lists: { tools: [toolText("a")], prompts: ['{"name":"p"}'] } });

test("one call more than a server takes is 429 with Retry-After, and does not reach it", async () => {
  const one = tools();
  await using gateway = await openGateway({ servers: { one, two: tools() }, rateLimits: { one: 2 } });
  gateway.time.ms = 600_000 + 20_000;
  const client = await initialized(gateway);
  const call = (name: string) => client.send("tools/call", { name });
  expect([(await call("one__a")).status, (await client.send("prompts/get", { name: "one__p" })).status]).toEqual([200, 200]);
  const refused = await call("one__a");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("40");
  expect(await refused.json()).toMatchObject({ error: { code: "rate_limited", message: expect.stringContaining("2 calls a minute") } });
  expect(one.of("tools/call")).toHaveLength(1);
  expect((await call("two__a")).status).toBe(200);
  gateway.time.ms += 40_000;
  expect((await call("one__a")).status).toBe(200);
});

test("lists, pings and refused calls count for nothing, and another caller has calls of their own", async () => {
  await using gateway = await openGateway({ servers: { one: tools() }, rateLimits: { one: 1 } });
  for (const path of ["/projects/demo/mcp", "/api/v1/mcp/one"]) {
    const client = await initialized(gateway, { path, token: gateway.control.issue("demo") });
    for (let times = 0; times < 3; times += 1) {
      await client.request("tools/list");
      await client.request("ping");
    }
    const name = path === "/mcp" || path.startsWith("/projects") ? "one__a" : "a";
    expect((await client.send("tools/call", { name })).status).toBe(200);
    expect((await client.send("tools/call", { name })).status).toBe(429);
  }
  const viewer = await initialized(gateway, {
    token: gateway.control.issue("demo", { bindings: [{ role: "view", resource: "servers" }] }),
  });
  for (let times = 0; times < 3; times += 1) expect((await viewer.send("tools/call", { name: "one__a" })).status).toBe(403);
});

test("a session more is no call more: the caller counts, not the session", async () => {
  await using gateway = await openGateway({ servers: { one: tools() }, rateLimits: { one: 1 } });
  const [first, second] = [await initialized(gateway), await initialized(gateway)];
  expect((await first.send("tools/call", { name: "one__a" })).status).toBe(200);
  expect((await second.send("tools/call", { name: "one__a" })).status).toBe(429);
});
