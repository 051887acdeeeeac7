/** A configuration that changes while the gateway runs holds for what comes from then on. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../mcp/json-rpc.ts";
import { initialized, openGateway, readEvents, type TestClient, type TestGateway } from "./gateway.fixture.ts";
import { GATEWAY_SETTINGS, type LiveSettings } from "./gateway.ts";
import { DEFAULT_GATEWAY_POLICY, type GatewayPolicy } from "./policy/gateway-policy.ts";
import { compileScopes } from "./policy/scope-map.ts";
import { ScriptedServer, toolText } from "./scripted-upstream.fixture.ts";
import { waitUntil } from "./wait-until.fixture.ts";

const tools = (...names: string[]) =>
  new ScriptedServer({ lists: { tools: names.map(toolText) }, answers: { "tools/call": ({ idText }) => resultMessage(idText, "{}") } });

/** Its calls are answered when the test says so. */
function slow(...names: string[]) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const answer = async ({ idText }: { readonly idText: string }) => {
    await promise;
    return resultMessage(idText, "{}");
  };
  return { server: new ScriptedServer({ lists: { tools: names.map(toolText) }, answers: { "tools/call": answer } }), answer: resolve };
}

const policy = (own: Partial<GatewayPolicy>): LiveSettings => ({
  ...GATEWAY_SETTINGS,
  policy: { ...DEFAULT_GATEWAY_POLICY, ...own },
});
const reconfigure = ({ gateway }: TestGateway, settings: LiveSettings) => gateway.reconfigure(settings);
const limits = (own: Partial<GatewayPolicy["limits"]>) => policy({ limits: { ...DEFAULT_GATEWAY_POLICY.limits, ...own } });

async function call(client: TestClient, name: string, args: object = {}): Promise<string> {
  const response = await client.send("tools/call", { name, arguments: args });
  const { error } = (await response.json()) as { error?: { code: unknown } };
  return error === undefined ? String(response.status) : `${response.status} ${String(error.code)}`;
}

describe("the next request", () => {
  test("has the new rate, of all methods and of one", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    expect([await call(client, "one__a"), await call(client, "one__a")]).toEqual(["200", "200"]);
    reconfigure(gateway, policy({ rates: { perMinute: 600, methods: { "tools/call": 2 } } }));
    expect(await call(client, "one__a")).toBe("429 rate_limited");
    expect((await client.send("tools/list")).status).toBe(200);
    reconfigure(gateway, policy({ rates: { perMinute: 3, methods: {} } }));
    expect([await call(client, "one__a"), await call(client, "one__a")]).toEqual(["200", "429 rate_limited"]);
    reconfigure(gateway, policy({}));
    expect(await call(client, "one__a")).toBe("200");
  });

  test("takes the scopes of the new map", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    reconfigure(gateway, policy({ scopes: compileScopes([["*", "mcp:admin"]]) }));
    expect((await client.send("tools/list")).status).toBe(403);
    reconfigure(gateway, policy({}));
    expect((await client.send("tools/list")).status).toBe(200);
  });

  test("has the new limits of its body and of its answer", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    reconfigure(gateway, { ...policy({}), maxBodyBytes: 1024 });
    expect(await call(client, "one__a", { text: "x".repeat(2000) })).toBe("413 payload_too_large");
    reconfigure(gateway, limits({ maxResultBytes: 10 }));
    expect(await call(client, "one__a", { text: "x".repeat(2000) })).toBe("413 result_too_large");
  });

  test("streams on the new terms, or not at all", async () => {
    await using gateway = await openGateway({ servers: { one: tools("a") } });
    const client = await initialized(gateway);
    const first = await client.get();
    expect(first.headers.get("x-stream-heartbeat-seconds")).toBe("15");
    const stream = { enabled: true, heartbeatSeconds: 3, maxSeconds: 60, abortOnDisconnect: true };
    reconfigure(gateway, policy({ stream }));
    const second = await client.get();
    expect([second.headers.get("x-stream-heartbeat-seconds"), second.headers.get("x-stream-max-seconds")]).toEqual(["3", "60"]);
    reconfigure(gateway, policy({ stream: { ...stream, enabled: false } }));
    expect((await client.get()).status).toBe(405);
    // Those that are open stay: what is said to this client still comes.
    reconfigure(gateway, policy({ denyTools: ["a"] }));
    expect(await readEvents(first).next()).toMatchObject({ method: "notifications/tools/list_changed" });
  });
});

describe("a call in flight", () => {
  test("goes on where its tool is denied meanwhile; the next one is refused, the list changes, and clients hear of it", async () => {
    const { server, answer } = slow("a", "b");
    await using gateway = await openGateway({ servers: { one: server } });
    const client = await initialized(gateway);
    const events = readEvents(await client.get());
    const inFlight = call(client, "one__a");
    await waitUntil(() => server.of("tools/call").length === 1);
    reconfigure(gateway, policy({ denyTools: ["a"] }));
    expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    expect(await client.toolNames()).toEqual(["one__b"]);
    expect(await call(client, "one__a")).toBe("403 tool_denied");
    answer();
    expect(await inFlight).toBe("200");
    expect(server.closed).toBe(0);
  });

  test("goes on where its server is not served any more; it ends with its last call, and starts again when it is allowed", async () => {
    const { server, answer } = slow("a");
    await using gateway = await openGateway({ servers: { one: server, two: tools("b") }, settings: { drainMs: 60_000 } });
    const client = await initialized(gateway);
    const events = readEvents(await client.get());
    const inFlight = call(client, "one__a");
    await waitUntil(() => server.of("tools/call").length === 1);
    reconfigure(gateway, policy({ allowServers: ["two"] }));
    expect(await events.next()).toMatchObject({ method: "notifications/tools/list_changed" });
    expect(await client.toolNames()).toEqual(["two__b"]);
    expect((await gateway.client({ path: "/api/v1/mcp/one" }).send("initialize", {})).status).toBe(403);
    expect(gateway.gateway.statuses()).toContainEqual(expect.objectContaining({ handle: "one", state: "disabled" }));
    expect(server.closed).toBe(0);
    answer();
    expect(await inFlight).toBe("200");
    await waitUntil(() => server.closed === 1);
    reconfigure(gateway, policy({}));
    await gateway.gateway.settled();
    expect(await client.toolNames()).toEqual(["one__a", "two__b"]);
  });

  test("counts towards the new limit of calls at once", async () => {
    const { server, answer } = slow("a");
    await using gateway = await openGateway({ servers: { one: server } });
    const client = await initialized(gateway);
    const inFlight = call(client, "one__a");
    await waitUntil(() => server.of("tools/call").length === 1);
    reconfigure(gateway, limits({ maxConcurrentCallsPerIdentity: 1 }));
    expect(await call(client, "one__a")).toBe("429 rate_limited");
    const { resilience } = GATEWAY_SETTINGS;
    reconfigure(gateway, { ...policy({}), resilience: { ...resilience, concurrency: 1 } });
    expect(await call(client, "one__a")).toBe("429 rate_limited");
    reconfigure(gateway, policy({}));
    const next = call(client, "one__a");
    await waitUntil(() => server.of("tools/call").length === 2);
    answer();
    expect([await inFlight, await next]).toEqual(["200", "200"]);
  });
});

test("how long lists serve, and how long a server may be silent, are the new times, on the connection that it has", async () => {
  const { server } = slow("a");
  await using gateway = await openGateway({ servers: { one: server } });
  const client = await initialized(gateway);
  const { resilience } = GATEWAY_SETTINGS;
  gateway.time.ms += 2000;
  await client.toolNames();
  expect(server.of("tools/list")).toHaveLength(1);
  const catalog = { ...resilience.catalog, positiveTtlMs: 1000 };
  reconfigure(gateway, { ...policy({}), resilience: { ...resilience, catalog, idleMs: 1 } });
  await client.toolNames();
  await waitUntil(() => server.of("tools/list").length === 2);
  // -31004: it said nothing for too long.
  expect(await call(client, "one__a")).toBe("200 -31004");
  expect(server.closed).toBe(0);
});

test("what the control plane says next is served by the new settings", async () => {
  await using gateway = await openGateway({ servers: { one: tools("a"), two: tools("b") } });
  const client = await initialized(gateway);
  reconfigure(gateway, policy({ allowServers: ["one"], denyTools: ["b"] }));
  gateway.control.change({ servers: gateway.control.current.servers });
  await waitUntil(() => gateway.control.snapshotsRead > 1);
  expect(await client.toolNames()).toEqual(["one__a"]);
  reconfigure(gateway, policy({ denyTools: ["b"] }));
  await gateway.gateway.settled();
  expect(await client.toolNames()).toEqual(["one__a"]);
});
