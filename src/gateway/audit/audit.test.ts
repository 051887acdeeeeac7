/** What the gateway writes down of each request. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import { auditDraftSchema } from "../../api/audit-event.ts";
import { generateCredential } from "../../core/credential.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { initialized, openGateway, readEvents, type TestClient, type TestGateway } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { upstreamUnavailable } from "../upstream/upstream-errors.ts";

let gateway: TestGateway;
let client: TestClient;

beforeAll(async () => {
  const one = new ScriptedServer({
    lists: { tools: ["a", "bad", "away", "chatty"].map(toolText) },
    answers: {
      "tools/call": async (call) => {
        const { name } = JSON.parse(call.paramsText ?? "{}");
        if (name === "away") throw upstreamUnavailable("one", "it exited");
        if (name === "chatty") call.onNotification?.('{"jsonrpc":"2.0","method":"notifications/progress","params":{}}');
        return resultMessage(call.idText, `{"content":[],"isError":${name === "bad"}}`);
      },
    },
  });
  gateway = await openGateway({ servers: { one, two: new ScriptedServer({ lists: { tools: [toolText("b")] } }) } });
  client = await initialized(gateway);
});

afterAll(() => gateway[Symbol.asyncDispose]());
afterEach(() => {
  for (const draft of drafts()) auditDraftSchema.parse(draft);
});

const drafts = () => gateway.control.audited;

/** The events of what `act` does, and the trace id of its response. */
async function eventsOf(act: () => Promise<Response>): Promise<{ events: AuditDraft[]; response: Response }> {
  gateway.control.audited.length = 0;
  const response = await act();
  await response.clone().text();
  return { events: [...drafts()], response };
}

const asToken = () => ({
  actorKind: "token",
  actorId: "tok_1",
  actorName: "tok_1",
  user: "ann",
  tokenName: "tok_1",
  tokenSha: hashToken(gateway.token),
});

test("a tool call is one event with who, what, how it ended and how long it took, and no argument", async () => {
  const call = () =>
    client.send("tools/call", { name: "one__a", arguments: { password: "hunter2" } }, { headers: { "x-trace-id": "trace-of-a-call" } });
  const { events } = await eventsOf(call);
  expect<unknown>(events).toEqual([
    {
      ...asToken(),
      kind: "tool_call_trace",
      outcome: "ok",
      at: "2026-01-01T00:00:00.000Z",
      project: "demo",
      server: "one",
      tool: "a",
      method: "tools/call",
      status: 200,
      traceId: "trace-of-a-call",
      address: "127.0.0.9",
      durationMs: 0,
      detail: { paramsBytes: '{"name":"one__a","arguments":{"password":"hunter2"}}'.length },
    },
  ]);
  expect(JSON.stringify(events)).not.toContain("hunter2");
});

test("a tool that says that it failed, and a server that is away, are failed calls", async () => {
  const bad = await eventsOf(() => client.send("tools/call", { name: "one__bad" }));
  expect(bad.events).toMatchObject([{ kind: "tool_call_trace", outcome: "failed", code: "tool_error", status: 200, tool: "bad" }]);
  const away = await eventsOf(() => client.send("tools/call", { name: "one__away" }));
  expect(away.events).toMatchObject([
    { kind: "tool_call_trace", outcome: "failed", code: "upstream_unavailable", status: 503, tool: "away" },
  ]);
  const unknown = await eventsOf(() => client.send("tools/call", { name: "one__none" }));
  expect(unknown.events).toMatchObject([{ kind: "tool_call_trace", outcome: "failed", code: "-32602", status: 200, tool: "none" }]);
});

test("initialize binds a session to a principal, and says which program opened it", async () => {
  const clientInfo = { name: "agent", version: "7", secret: "x" };
  const open = () => gateway.client().send("initialize", { protocolVersion: "2025-11-25", clientInfo });
  const { events } = await eventsOf(open);
  expect(events).toEqual([
    expect.objectContaining({
      ...asToken(),
      kind: "session_bind",
      outcome: "ok",
      method: "initialize",
      project: "demo",
      detail: { client: { name: "agent", version: "7" } },
    }),
  ]);
});

test("every other request is an mcp_request, the stream and the end of a session by their HTTP method too", async () => {
  const own = await initialized(gateway);
  const list = await eventsOf(() => own.send("tools/list"));
  expect(list.events).toMatchObject([{ kind: "mcp_request", outcome: "ok", method: "tools/list", project: "demo" }]);
  const admin = await initialized(gateway, { token: gateway.control.issue("demo", { scopes: ["mcp:read", "mcp:call", "mcp:admin"] }) });
  const odd = await eventsOf(() => admin.send("no/such/method"));
  expect(odd.events).toMatchObject([{ kind: "mcp_request", outcome: "failed", code: "-32601", method: "no/such/method" }]);
  gateway.control.audited.length = 0;
  await (await own.get()).body?.cancel();
  await own.end();
  expect(drafts()).toMatchObject([
    { kind: "mcp_request", outcome: "ok", method: "GET /projects/demo/mcp", status: 200 },
    { kind: "mcp_request", outcome: "ok", method: "DELETE /projects/demo/mcp", status: 204 },
  ]);
});

test("a notification that is taken is no event, and one that is refused is", async () => {
  expect((await eventsOf(() => client.notify("notifications/initialized", {}))).events).toEqual([]);
  const { events } = await eventsOf(() => gateway.client().notify("notifications/initialized", {}));
  expect(events).toMatchObject([{ kind: "gate_decision", outcome: "refused", code: "-32000", method: "notifications/initialized" }]);
});

test("health is no event", async () => {
  expect((await eventsOf(() => gateway.fetch("/healthz"))).events).toEqual([]);
});

test("an answer that streams is one event, written when it has ended", async () => {
  gateway.control.audited.length = 0;
  const response = await client.send("tools/call", { name: "one__chatty" }, { accept: "text/event-stream, application/json" });
  const events = readEvents(response);
  await events.next();
  await events.next();
  expect(drafts()).toMatchObject([{ kind: "tool_call_trace", outcome: "ok", tool: "chatty", traceId: response.headers.get("x-trace-id") }]);
});

describe("refusals", () => {
  test("by bindings are an rbac_decision that names the server and the tool", async () => {
    const viewer = await initialized(gateway, {
      token: gateway.control.issue("demo", { bindings: [{ role: "view", resource: "servers" }] }),
    });
    const { events, response } = await eventsOf(() => viewer.send("tools/call", { name: "one__a" }));
    expect(events).toMatchObject([
      {
        kind: "rbac_decision",
        outcome: "refused",
        code: "forbidden",
        status: 403,
        server: "one",
        tool: "a",
        method: "tools/call",
        project: "demo",
      },
    ]);
    expect(events[0]?.traceId).toBe(response.headers.get("x-trace-id") ?? "");
    const other = gateway.control.logIn("eve", { bindings: [] });
    const project = await eventsOf(() => gateway.client({ token: other }).send("initialize", {}));
    expect(project.events).toMatchObject([{ kind: "rbac_decision", actorKind: "user", actorName: "eve", user: "eve", project: "demo" }]);
  });

  test("of anything else are a gate_decision with the code on the wire, each once and with the response's trace id", async () => {
    const reader = await initialized(gateway, { token: gateway.control.issue("demo", { scopes: ["mcp:read"] }) });
    const capped = await initialized(gateway, { token: gateway.control.issue("demo", { allowServers: ["two"] }) });
    const stranger = gateway.client({ token: gateway.control.issue("other") });
    const unknown = gateway.client({ token: generateCredential("token") });
    const json = { "content-type": "application/json" };
    const cases: [() => Promise<Response>, object][] = [
      [() => gateway.fetch("/nowhere"), { code: "not_found", status: 404, method: "GET /nowhere", actorKind: "none" }],
      [() => gateway.fetch("/mcp", { method: "PUT" }), { code: "method_not_allowed", status: 405, actorKind: "none" }],
      [() => gateway.fetch("/mcp", { method: "POST", headers: { host: "evil.example" } }), { code: "origin_denied", status: 403 }],
      [
        () => gateway.fetch("/projects/demo/mcp", { method: "POST", headers: json }),
        { code: "unauthenticated", status: 401, project: "demo" },
      ],
      [() => unknown.send("ping"), { code: "unauthenticated", status: 401, actorKind: "none" }],
      [() => stranger.send("initialize", {}), { code: "forbidden", status: 403, project: "demo", actorKind: "token" }],
      [() => client.post("x".repeat(300_000)), { code: "payload_too_large", status: 413 }],
      [() => client.post("{}", { headers: { "content-type": "text/plain" } }), { code: "unsupported_media_type", status: 415 }],
      [() => client.post("{"), { code: "-32700", status: 400, method: "POST /projects/demo/mcp" }],
      [() => gateway.client().send("ping"), { code: "-32000", status: 400, method: "ping" }],
      [() => reader.send("tools/call", { name: "one__a" }), { code: "scope_denied", status: 403, server: "one", tool: "a" }],
      [() => capped.send("tools/call", { name: "one__a" }), { code: "server_denied", status: 403, server: "one" }],
    ];
    for (const [act, expected] of cases) {
      const { events, response } = await eventsOf(act);
      expect(events).toMatchObject([{ kind: "gate_decision", outcome: "refused", address: "127.0.0.9", ...expected }]);
      expect(events[0]?.traceId).toBe(response.headers.get("x-trace-id") ?? "");
    }
  });

  test("where the control plane is away are written down too", async () => {
    gateway.control.down = true;
    const { events } = await eventsOf(() => gateway.client({ token: generateCredential("token") }).send("ping"));
    gateway.control.down = false;
    expect(events).toMatchObject([{ kind: "gate_decision", outcome: "refused", code: "auth_unavailable", status: 503 }]);
  });
});

test("a batch is one event for each of its messages, with one trace id", async () => {
  const own = gateway.client();
  await own.initialize("2025-03-26");
  const call = (id: number, name: string) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name } });
  const note = { jsonrpc: "2.0", method: "notifications/initialized" };
  const body = JSON.stringify([call(1, "one__a"), note, call(2, "two__b"), { jsonrpc: "2.0" }]);
  const { events, response } = await eventsOf(() => own.post(body));
  expect(events).toHaveLength(3);
  expect(events).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: "tool_call_trace", server: "one", tool: "a" }),
      expect.objectContaining({ kind: "tool_call_trace", server: "two", tool: "b" }),
      expect.objectContaining({ kind: "gate_decision", outcome: "refused", code: "-32600" }),
    ]),
  );
  expect(new Set(events.map(({ traceId }) => traceId))).toEqual(new Set([response.headers.get("x-trace-id") ?? ""]));
  const alone = await eventsOf(() => client.post(body));
  expect(alone.events).toMatchObject([{ kind: "gate_decision", code: "-32600", method: "POST /projects/demo/mcp" }]);
});

test("words of a client are kept to a length", async () => {
  const long = "x".repeat(5000);
  const { events } = await eventsOf(() => client.send(long, { name: long }));
  expect(JSON.stringify(events).length).toBeLessThan(2000);
  const call = await eventsOf(() => client.send("tools/call", { name: `one__${long}` }));
  expect(JSON.stringify(call.events).length).toBeLessThan(2000);
});
