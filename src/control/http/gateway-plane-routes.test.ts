import { expect, test } from "bun:test";
import { MAX_OUTCOME_BYTES } from "../../api/dispatch-task.ts";
import { gatewayPlane } from "../../api/endpoints/gateway-endpoints.ts";
import { eventData } from "../../api/event-data.ts";
import { generateToken } from "../../core/mcp-token.ts";
import { controlApi, GUESSES } from "./control-api.fixture.ts";

const GATEWAYS = "/api/v1/gateways";
const PLANE = "/api/v1/gateway";

async function enrolled() {
  const api = await controlApi();
  const created = await api.call("POST", GATEWAYS, { body: { name: "edge", description: "d" } });
  expect(created.status).toBe(201);
  const { token: key, ...gateway } = created.body;
  return { ...api, key: key as string, gateway, created };
}

test("a gateway's key is in the answer to its creation alone; then it is listed, found and deleted", async () => {
  const { call, key, gateway, created } = await enrolled();
  expect(created.headers.get("location")).toBe(`${GATEWAYS}/${gateway.id}`);
  expect(gateway).toMatchObject({ name: "edge", description: "d", prefix: key.slice(0, 14), lastSeenAt: null, version: 1 });
  for (const path of [`${GATEWAYS}/edge`, `${GATEWAYS}/${gateway.id}`]) expect((await call("GET", path)).body).toEqual(gateway);
  expect((await call("GET", GATEWAYS)).body).toEqual({ items: [gateway], nextCursor: null });
  expect(await call("POST", GATEWAYS, { body: { name: "edge" } })).toMatchObject({
    status: 409,
    body: { error: { reason: "GATEWAY_NAME_TAKEN" } },
  });
  expect((await call("DELETE", `${GATEWAYS}/edge`, { headers: { "if-match": '"2"' } })).status).toBe(412);
  expect((await call("DELETE", `${GATEWAYS}/edge`, { headers: { "if-match": '"1"' } })).status).toBe(204);
  expect(await call("GET", `${GATEWAYS}/edge`)).toMatchObject({ status: 404, body: { error: { reason: "GATEWAY_UNKNOWN" } } });
});

test("the paths for gateways take a gateway's key and nothing else, and the key opens no other", async () => {
  const { call, key } = await enrolled();
  for (const path of ["snapshot", "session-keys", "ended-sessions", "watch"]) {
    expect((await call("GET", `${PLANE}/${path}`)).status).toBe(403);
    expect((await call("GET", `${PLANE}/${path}`, { bearer: "" })).status).toBe(401);
  }
  expect((await call("GET", "/api/v1/projects", { bearer: key })).status).toBe(403);
  expect((await call("GET", `${PLANE}/snapshot`, { bearer: key })).status).toBe(200);
  await call("DELETE", `${GATEWAYS}/edge`);
  expect((await call("GET", `${PLANE}/snapshot`, { bearer: key })).status).toBe(401);
});

test("a gateway gets the snapshot with secrets, and the keys of sessions", async () => {
  const { call, key } = await enrolled();
  expect((await call("GET", `${PLANE}/snapshot`, { bearer: key })).body).toMatchObject({ revision: 7, secrets: { key: "value" } });
  expect((await call("GET", `${PLANE}/session-keys`, { bearer: key })).body).toEqual({ keys: [{ number: 2, key: "a2V5" }] });
});

test("a gateway learns what a caller's credential opens, and no more of one that opens nothing", async () => {
  const { call, key } = await enrolled();
  const { body: token } = await call("POST", "/api/v1/mcptokens", { body: { name: "ci", project: "one", rbac: "clone" } });
  const ask = (credential: string, address?: string) =>
    call("POST", `${PLANE}/introspect`, { bearer: key, body: { credential, ...(address === undefined ? {} : { address }) } });
  const { body } = await ask(token.token);
  expect(body.grant).toMatchObject({
    principal: { kind: "token", name: "ci", project: "one" },
    scopes: ["mcp:read", "mcp:call", "mcp:admin"],
  });
  expect(gatewayPlane.introspect.reply.safeParse(body).success).toBe(true);
  expect((await ask(key)).body.grant.principal.kind).toBe("gateway");
  expect((await ask(generateToken())).body).toEqual({ grant: null });
  expect((await ask("what is this")).body).toEqual({ grant: null });
});

test("failures count for the address that the gateway names, not for the gateway's other callers", async () => {
  const { call, key } = await enrolled();
  const ask = (address: string) => call("POST", `${PLANE}/introspect`, { bearer: key, body: { credential: generateToken(), address } });
  for (let guess = 0; guess < GUESSES; guess += 1) expect((await ask("203.0.113.1")).status).toBe(200);
  const refused = await ask("203.0.113.1");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, String(60 / GUESSES)]);
  expect((await ask("203.0.113.2")).status).toBe(200);
});

test("a watch tells of changes as they are committed, until its gateway is deleted", async () => {
  const { call, send, key, gateway, feed } = await enrolled();
  const response = await send("GET", `${PLANE}/watch`, { bearer: key });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  if (response.body === null) throw new Error("no body");
  const events = eventData(response.body);
  const next = async () => {
    const { value, done } = await events.next();
    return done ? "end" : gatewayPlane.watch.reply.parse(JSON.parse(value));
  };
  const now = await feed.revision();
  expect(await next()).toEqual({ revision: now, touched: [] });
  feed.announce([{ kind: "mcptokens", ref: "a".repeat(64) }]);
  expect(await next()).toEqual({ revision: now + 1, touched: [{ kind: "mcptokens", ref: "a".repeat(64) }] });
  await call("DELETE", `${GATEWAYS}/edge`);
  expect(await next()).toEqual({ revision: now + 2, touched: [{ kind: "gateways", ref: gateway.id }] });
  expect([await next(), feed.listeners.size]).toEqual(["end", 0]);
});

test("a watch ends when the server stops", async () => {
  const { send, key, feed, stopping } = await enrolled();
  const response = await send("GET", `${PLANE}/watch`, { bearer: key });
  stopping.abort();
  await response.text();
  expect(feed.listeners.size).toBe(0);
});

test("a session that one gateway ends is ended for all, and they hear of it", async () => {
  const { call, key, gatewayChanges } = await enrolled();
  const session = { idHash: "b".repeat(64), expiresAt: "2026-02-01T00:00:00.000Z" };
  for (let times = 0; times < 2; times += 1) {
    expect((await call("POST", `${PLANE}/ended-sessions`, { bearer: key, body: session })).status).toBe(204);
  }
  expect((await call("GET", `${PLANE}/ended-sessions`, { bearer: key })).body).toEqual({ items: [session] });
  expect(gatewayChanges.slice(1)).toMatchObject([
    {
      event: { actorKind: "gateway", actorName: "edge" },
      touched: [{ kind: "ended_sessions", ref: `${session.idHash} ${session.expiresAt}` }],
    },
  ]);
});

test("a batch of audit events is recorded once, however often it is sent", async () => {
  const { call, key, audited } = await enrolled();
  const event = {
    kind: "mcp_request",
    outcome: "ok",
    at: "2026-01-01T00:00:00.000Z",
    actorKind: "user",
    actorId: "usr_1",
    actorName: "ada",
  };
  const send = (batchId: string, kind = event.kind) =>
    call("POST", `${PLANE}/audit`, { bearer: key, body: { batchId, events: [{ ...event, kind }] } });
  for (const batchId of ["b1", "b1", "b2"]) expect((await send(batchId)).status).toBe(204);
  expect(audited).toEqual([expect.objectContaining({ ...event, detail: { gateway: "edge" } }), expect.objectContaining(event)]);
  expect(await send("b3", "token_issued")).toMatchObject({ status: 400, body: { error: { reason: "AUDIT_KIND_FOREIGN" } } });
});

test("a gateway claims a task, keeps it and ends it; another claim hears of it, and an outcome that is too large is refused", async () => {
  const { call, key } = await enrolled();
  const tasks = (step: string, body: object) => call("POST", `${PLANE}/tasks/${step}`, { bearer: key, body });
  const lease = { taskId: "tsk_1", owner: "own_1" };
  const hashes = { keyHash: "a".repeat(64), payloadHash: "b".repeat(64) };
  const about = { principal: "token:tok_1", target: "server:one", idempotencyKey: "k", method: "tools/call", traceId: "trace-1" };
  const claim = { ...lease, ...hashes, ...about, leaseMs: 1000 };
  expect((await tasks("claim", claim)).body).toEqual({ kind: "begun" });
  expect((await tasks("renew", { ...lease, leaseMs: 1000 })).body).toEqual({ renewed: true });
  const large = { state: "finished", text: "1".repeat(MAX_OUTCOME_BYTES + 1) };
  expect((await tasks("finish", { ...lease, outcome: large })).status).toBe(400);
  const outcome = { state: "finished", text: JSON.stringify('"'.repeat(MAX_OUTCOME_BYTES / 2 - 2)) };
  const task = { taskId: "tsk_1", traceId: "trace-1", outcome };
  expect((await tasks("finish", { ...lease, outcome })).body).toEqual({ task });
  expect((await tasks("claim", { ...claim, taskId: "tsk_2", owner: "own_2" })).body).toEqual({ kind: "known", task });
  expect((await tasks("release", lease)).status).toBe(204);
  expect((await tasks("claim", { ...claim, payloadHash: "c".repeat(64) })).body).toEqual({ kind: "conflict" });
  expect((await call("POST", `${PLANE}/tasks/claim`, { body: claim })).status).toBe(403);
  expect((await tasks("claim", { ...claim, keyHash: "x" })).status).toBe(400);
});
