/** A server that an agent runs, over TLS at something that answers as the agent's proxy does. */
import { afterEach, expect, test } from "bun:test";
import { selfSigned } from "../../../api/agent/self-signed.fixture.ts";
import { backoffMs } from "../../../core/backoff.ts";
import { startScriptedMcpServer } from "../../../mcp/client/scripted-mcp-server.fixture.ts";
import type { EraPolicy } from "../era-policy.ts";
import type { UpstreamCall } from "../upstream.ts";
import { upstreamEvents } from "../upstream-events.fixture.ts";
import { agentRefusal } from "./agent-refusal.ts";
import { COMPONENT_LIMITS, componentUpstream } from "./component-upstream.ts";
import { until } from "./raw-http-server.fixture.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly reason: string;
  readonly message: string;
}

const NOT_RUNNING: Refusal = {
  status: 503,
  code: "unavailable",
  reason: "COMPONENT_UNREACHABLE",
  message: "The component web/api cannot be reached: it does not run",
};

/** `agent.refuses` says what is answered in place of the component, from then on. */
function start({ era = "auto", firstMs = 1 }: { readonly era?: EraPolicy; readonly firstMs?: number } = {}) {
  const agent: { refuses: Refusal | undefined } = { refuses: undefined };
  const refused = () => {
    const { status, ...error } = agent.refuses ?? NOT_RUNNING;
    return Response.json({ error }, { status });
  };
  const { key, cert } = selfSigned();
  const component = startScriptedMcpServer({ tls: { key, cert } });
  const proxy = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: { key, cert },
    fetch: (request) => (agent.refuses === undefined ? passOn(request, component.url, cert) : refused()),
  });
  const lost: string[] = [];
  const upstream = componentUpstream({
    handle: "one",
    backing: { kind: "component", node: "n1", service: "web", component: "api", port: 8080, path: "/mcp" },
    node: { name: "n1", address: `127.0.0.1:${proxy.port}`, key: "key-of-n1", certificate: cert },
    era,
    events: upstreamEvents({}),
    onLost: (reason) => lost.push(reason),
    limits: { ...COMPONENT_LIMITS, reconnect: { firstMs, maxMs: firstMs } },
  });
  stops.push(
    () => component[Symbol.asyncDispose](),
    () => proxy.stop(true),
    () => upstream.close(),
  );
  const call = (method = "tools/list") => upstream.request({ ...CALL, method, signal: new AbortController().signal });
  return { agent, component, proxy, upstream, lost, call };
}

async function passOn(request: Request, to: string, ca: string): Promise<Response> {
  const { pathname } = new URL(request.url);
  const isOurs = pathname === "/c/web/api/8080/mcp" && request.headers.get("authorization") === "Bearer key-of-n1";
  if (!isOurs) return new Response(null, { status: 401 });
  const body = request.method === "POST" ? await request.text() : null;
  return fetch(to, { method: request.method, headers: request.headers, body, tls: { ca } });
}

const CALL: Omit<UpstreamCall, "method" | "signal"> = {
  peer: undefined,
  era: "legacy",
  idText: "1",
  paramsText: undefined,
  onNotification: undefined,
  onQuestion: undefined,
};

test("a component that has gone is said to be away with its node and in its agent's words, and is called as soon as it is back", async () => {
  const { agent, upstream, lost, call } = start();
  expect(String(await call())).toContain("echo");
  agent.refuses = NOT_RUNNING;
  const why = "its agent says: The component web/api cannot be reached: it does not run (component web/api on node n1)";
  await expect(call()).rejects.toMatchObject({
    code: "unavailable",
    reason: "UPSTREAM_UNAVAILABLE",
    message: `Server one is not available: ${why}`,
  });
  await until(() => upstream.status().state === "failed");
  expect(upstream.status().reason).toEndWith(why);
  await until(() => lost.length > 1);
  expect(lost.every((reason) => reason.endsWith(why))).toBe(true);
  agent.refuses = undefined;
  await until(() => upstream.status().state === "ready");
  expect(String(await call())).toContain("echo");
});

test("a call that broke off at the component may have run, and says so", async () => {
  const { agent, call } = start({ firstMs: 3_600_000 });
  await call();
  agent.refuses = { ...NOT_RUNNING, reason: "COMPONENT_LOST", message: "The component web/api was lost during the call: it broke off" };
  await expect(call()).rejects.toMatchObject({
    reason: "UPSTREAM_LOST",
    message: expect.stringMatching(/during the call: its agent says: .* it broke off \(component web\/api on node n1\)$/),
  });
});

test("an agent that is away itself is said with the component and its node", async () => {
  const { proxy, call } = start({ firstMs: 3_600_000 });
  await call();
  await proxy.stop(true);
  await expect(call()).rejects.toMatchObject({ message: expect.stringMatching(/^Server one .*\(component web\/api on node n1\)$/) });
});

test.each(["auto", "legacy", "modern"] as const)("what the agent refuses at the first try is told to who asks in era %s", async (era) => {
  const { agent, upstream } = start({ era, firstMs: 3_600_000 });
  agent.refuses = { status: 403, code: "denied", reason: "PORT_NOT_DECLARED", message: "The component web/api declares no TCP port 8080" };
  await expect(upstream.ready()).rejects.toMatchObject({
    reason: "UPSTREAM_UNAVAILABLE",
    message: expect.stringContaining("its agent says: The component web/api declares no TCP port 8080 (component web/api on node n1)"),
  });
  expect(upstream.status()).toMatchObject({ state: "failed", cause: "UPSTREAM_UNAVAILABLE" });
});

test("however long a component is away it is tried again within five seconds, and at first within a fifth of one", () => {
  const waits = Array.from({ length: 100 }, (_, attempt) => backoffMs(COMPONENT_LIMITS.reconnect, attempt, 0.999));
  expect([waits[0], waits[1], Math.max(...waits)]).toEqual([0, 200, 4998]);
});

test("only what an agent itself says is its refusal", () => {
  const said = agentRefusal("one");
  const text = (error: unknown) => JSON.stringify({ error });
  const refused = (status: number, reason: string) => said(status, text({ code: "any", reason, message: "no\nmore" }));
  expect(refused(404, "COMPONENT_NOT_FOUND")).toMatchObject({
    reason: "UPSTREAM_UNAVAILABLE",
    message: expect.stringContaining("no more"),
  });
  expect(refused(401, "CREDENTIAL_INVALID")).toMatchObject({ code: "unavailable", reason: "UPSTREAM_UNAVAILABLE" });
  expect(refused(429, "TOO_MANY_CALLS")).toMatchObject({ code: "exhausted", reason: "UPSTREAM_BUSY", retryAfterSeconds: 1 });
  expect(refused(500, "INTERNAL")).toMatchObject({ reason: "UPSTREAM_LOST" });
  expect(refused(200, "COMPONENT_UNREACHABLE")).toBeUndefined();
  expect(refused(413, "PROXY_BODY_TOO_LARGE")).toBeUndefined();
  const errorOfJsonRpc = { code: -32_601, message: "Method not found" };
  for (const other of ["", "{", "null", "[]", "{}", text("no"), text(errorOfJsonRpc)]) expect(said(404, other)).toBeUndefined();
});
