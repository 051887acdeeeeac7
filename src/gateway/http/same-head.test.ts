/** A client sends the same head with every call; each call is decided by what holds when it comes. */
import { expect, test } from "bun:test";
import { hashToken } from "../../core/mcp-token.ts";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { openGateway, type TestGateway, testProject, testServer } from "../gateway.fixture.ts";
import { GATEWAY_SETTINGS } from "../gateway.ts";
import { DEFAULT_GATEWAY_POLICY, type GatewayPolicy } from "../policy/gateway-policy.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import { socketHandler } from "./gateway-handler.ts";
import { fakeConnection } from "./http-connection.fixture.ts";

const tools = () =>
  new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": ({ idText }) => resultMessage(idText, "{}") } });

/** A session on one connection, which has called before: the head of its calls is known. */
async function openConnection(path = "/projects/demo/mcp", tool = "one__a") {
  const gateway = await openGateway({ servers: { one: tools() } });
  const client = gateway.client({ path });
  await client.initialize();
  const { pipeline } = gateway.gateway;
  const recalled: boolean[] = [];
  const handle = socketHandler(pipeline);
  const { say, socket } = fakeConnection((request, address) => {
    recalled.push(pipeline.heads.recall(request.head, pipeline) !== undefined);
    return handle(request, address);
  });
  let id = 10;
  const post = async (message: object) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: id++, ...message });
    const answered = socket.statuses.length;
    say(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:3200\r\nauthorization: Bearer ${gateway.token}\r\n` +
        `content-type: application/json\r\naccept: application/json\r\nmcp-protocol-version: 2025-11-25\r\n` +
        `mcp-session-id: ${client.sessionId}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await waitUntil(() => socket.statuses.length > answered);
    const text = socket.text.slice(socket.text.lastIndexOf("\r\n\r\n") + 4);
    const { error } = JSON.parse(text) as { error?: { code: unknown } };
    return error === undefined ? String(socket.statuses.at(-1)) : `${socket.statuses.at(-1)} ${String(error.code)}`;
  };
  const call = () => post({ method: "tools/call", params: { name: tool, arguments: {} } });
  expect([await call(), await call(), recalled]).toEqual(["200", "200", [false, true]]);
  return { gateway, client, call, post, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

const policy = (own: Partial<GatewayPolicy>) => ({ ...GATEWAY_SETTINGS, policy: { ...DEFAULT_GATEWAY_POLICY, ...own } });
const announced = ({ control, token }: TestGateway) => control.announce("mcptokens", hashToken(token));

/** Waits for what the feed brings; the test's own time is the limit. */
async function until(call: () => Promise<string>, wanted: string): Promise<void> {
  let said = await call();
  while (said !== wanted) said = await call();
}

test("a token that is revoked opens nothing from the next call on", async () => {
  await using open = await openConnection();
  const { gateway, call } = open;
  gateway.control.grants.delete(gateway.token);
  announced(gateway);
  await until(call, "401 unauthenticated");
});

test("a token that expires while its answer is kept opens nothing any more", async () => {
  await using open = await openConnection();
  const { gateway, call } = open;
  const grant = gateway.control.grants.get(gateway.token);
  if (grant === undefined) throw new Error("the token has no grant");
  gateway.control.grants.set(gateway.token, { ...grant, expiresAt: new Date(gateway.time.ms + 1000).toISOString() });
  announced(gateway);
  const { length } = gateway.control.asked;
  while (gateway.control.asked.length === length) expect(await call()).toBe("200");
  gateway.time.ms += 1000;
  expect(await call()).toBe("401 unauthenticated");
});

test("a right that is taken away is gone for the next call", async () => {
  await using open = await openConnection();
  const { gateway, call } = open;
  const grant = gateway.control.grants.get(gateway.token);
  if (grant === undefined) throw new Error("the token has no grant");
  const bindings = grant.bindings.filter(({ binding }) => "role" in binding && binding.role !== "run");
  gateway.control.grants.set(gateway.token, { ...grant, bindings });
  announced(gateway);
  await until(call, "403 forbidden");
  gateway.control.grants.set(gateway.token, grant);
  announced(gateway);
  await until(call, "200");
});

test("what another connection has heard of a token holds on this one too", async () => {
  await using open = await openConnection();
  const { gateway, client, call } = open;
  const grant = gateway.control.grants.get(gateway.token);
  if (grant === undefined) throw new Error("the token has no grant");
  const bindings = grant.bindings.filter(({ binding }) => "role" in binding && binding.role !== "run");
  gateway.control.grants.set(gateway.token, { ...grant, bindings });
  announced(gateway);
  let status = 200;
  while (status === 200) ({ status } = await client.send("tools/call", { name: "one__a", arguments: {} }));
  expect([status, await call()]).toEqual([403, "403 forbidden"]);
});

test("another policy of the server, and another project, hold for the next call", async () => {
  await using open = await openConnection();
  const { gateway, call } = open;
  const server = testServer("one");
  gateway.control.change({ servers: [{ ...server, policy: { scopes: { "*": "mcp:admin" } } }] });
  await until(call, "403 scope_denied");
  gateway.control.change({ servers: [server] });
  await until(call, "200");
  gateway.control.change({ servers: [{ ...server, policy: { denyTools: ["a"] } }] });
  await until(call, "403 tool_denied");
  gateway.control.change({ servers: [{ ...server, policy: { maxPayloadBytes: 3 } }] });
  await until(call, "413 payload_too_large");
  gateway.control.change({ servers: [server], projects: [testProject("other", ["one"])] }, "projects");
  await until(call, "404 not_found");
});

test("another configuration holds for the next call: rates, scopes, tools, servers, the size of a body", async () => {
  await using open = await openConnection();
  const { gateway, call } = open;
  const { gateway: running } = gateway;
  running.reconfigure(policy({ rates: { perMinute: 600, methods: { "tools/call": 3 } } }));
  expect([await call(), await call()]).toEqual(["200", "429 rate_limited"]);
  running.reconfigure(policy({ allowServers: ["other"] }));
  expect(await call()).toBe("403 server_denied");
  running.reconfigure(policy({}));
  expect(await call()).toBe("200");
  running.reconfigure({ ...policy({}), maxBodyBytes: 10 });
  expect(await call()).toBe("413 payload_too_large");
  running.reconfigure(policy({ denyTools: ["a"] }));
  expect(await call()).toBe("403 tool_denied");
});

test("what the configuration says of a body and of a server holds where nothing later looks at it", async () => {
  await using open = await openConnection("/api/v1/mcp/one", "a");
  const { gateway, post } = open;
  const padded = { method: "ping", padding: "x".repeat(100) };
  expect(await post(padded)).toBe("200");
  gateway.gateway.reconfigure({ ...GATEWAY_SETTINGS, policy: gateway.gateway.pipeline.policy, maxBodyBytes: 120 });
  expect([await post(padded), await post({ method: "ping" })]).toEqual(["413 payload_too_large", "200"]);
  const { pipeline } = gateway.gateway;
  Object.assign(pipeline, { policy: { ...pipeline.policy, allowServers: ["other"] } });
  expect(await post({ method: "ping" })).toBe("403 server_denied");
});

test("a session that is ended, here or elsewhere, or past its limit, is unknown to the next call", async () => {
  await using ended = await openConnection();
  expect((await ended.client.end()).status).toBe(204);
  expect(await ended.call()).toBe("404 -32001");
  await using old = await openConnection();
  old.gateway.time.ms += 24 * 3600_000;
  expect(await old.call()).toBe("404 -32001");
});
