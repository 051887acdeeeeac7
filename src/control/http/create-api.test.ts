import { expect, test } from "bun:test";
import { z } from "zod";
import type { AuditDraft } from "../../api/audit-event.ts";
import { defineEndpoint } from "../../api/endpoint.ts";
import { noBody, noQuery, noReply } from "../../api/fields.ts";
import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import { requireAccess } from "../../core/caller.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import { requireCovers } from "../access/require-covers.ts";
import { createApi, MAX_BODY_BYTES } from "./create-api.ts";
import { openRoute, ReplyWith, type Route, route } from "./route.ts";

const ADA: Grant = { principal: { kind: "user", id: "usr_1", name: "ada" }, bindings: [], scopes: [] };
const TOKEN: Grant = {
  principal: { kind: "token", id: "tok_1", name: "ci", sha: "ab".repeat(32), project: "demo", ownerId: "usr_1", owner: "ada" },
  bindings: [],
  scopes: [],
};
const GATEWAY: Grant = { principal: { kind: "gateway", id: "gw_1", name: "edge" }, bindings: [], scopes: [] };
const GRANTS: Readonly<Record<string, Grant>> = { ada: ADA, token: TOKEN, gateway: GATEWAY };

const thing = z.object({ id: z.string(), version: z.number().int() });
const plain = { query: noQuery, body: noBody, credential: "any" } as const;

const ENDPOINTS = {
  get: defineEndpoint({ ...plain, name: "things.get", method: "GET", path: "/api/v1/things/:id", summary: "", status: 200, reply: thing }),
  delete: defineEndpoint({
    ...plain,
    name: "things.delete",
    method: "DELETE",
    path: "/api/v1/things/:id",
    summary: "",
    status: 204,
    reply: noReply,
  }),
  create: defineEndpoint({
    ...plain,
    name: "things.create",
    method: "POST",
    path: "/api/v1/things",
    summary: "",
    status: 201,
    body: z.strictObject({
      name: z.string().max(5, "must have at most 5 characters"),
      password: z.string().min(3).optional(),
      deep: z.unknown().optional(),
    }),
    reply: thing,
  }),
  inProject: defineEndpoint({
    ...plain,
    name: "things.in",
    method: "GET",
    path: "/api/v1/projects/:project/things",
    summary: "",
    status: 200,
    reply: thing,
  }),
  forGateway: defineEndpoint({
    ...plain,
    credential: "gateway",
    name: "things.gw",
    method: "GET",
    path: "/api/v1/gateway/things",
    summary: "",
    status: 200,
    reply: thing,
  }),
  open: defineEndpoint({
    ...plain,
    credential: "none",
    name: "things.open",
    method: "GET",
    path: "/api/v1/open",
    summary: "",
    status: 200,
    reply: z.object({ bearer: z.string() }),
  }),
};

function setup(routes: readonly Route[] = [], ready = true) {
  const audited: AuditDraft[] = [];
  const failures: AppError[] = [];
  const api = createApi({
    edge: edgePolicyFor("127.0.0.1"),
    ready: () => ready,
    newTraceId: (headers) => headers.get("x-trace-id") ?? "made-up",
    async authenticate(request) {
      const grant = GRANTS[request.headers.get("authorization")?.slice("Bearer ".length) ?? ""];
      if (grant === undefined) throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Bearer token required");
      return grant;
    },
    routes: [
      route(ENDPOINTS.get, async ({ params }) => ({ id: params.id, version: 7 })),
      route(ENDPOINTS.delete, async () => undefined),
      route(
        ENDPOINTS.create,
        async ({ body }) => new ReplyWith({ id: body.name, version: 1 }, { location: `/api/v1/things/${body.name}` }),
      ),
      route(ENDPOINTS.inProject, async ({ params }) => ({ id: params.project, version: 1 })),
      route(ENDPOINTS.forGateway, async () => ({ id: "gw", version: 1 })),
      openRoute(ENDPOINTS.open, async ({ bearer }) => ({ bearer: bearer ?? "" })),
      ...routes,
    ],
    audit: { record: (draft) => void audited.push(draft) },
    clock: { now: () => new Date("2026-01-01T00:00:00Z") },
    onFailure: (error) => failures.push(error),
  });
  const call = async (path: string, init: RequestInit = {}, who: string | undefined = "ada") => {
    const authorization = who === undefined || who === "" ? {} : { authorization: `Bearer ${who}` };
    const headers = { host: "127.0.0.1:3100", ...authorization, ...(init.headers as Record<string, string>) };
    const response = await api.fetch(new Request(`http://127.0.0.1:3100${path}`, { ...init, headers }), { address: "10.0.0.9" });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text.startsWith("{") ? JSON.parse(text) : text };
  };
  return { call, audited, failures };
}

const post = (body: unknown): RequestInit => ({
  method: "POST",
  body: typeof body === "string" ? body : JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

test("a resource comes with its version as the ETag and the caller's trace id", async () => {
  const { call } = setup();
  const { status, headers, body } = await call("/api/v1/things/a%20b", { headers: { "x-trace-id": "my-trace" } });
  expect({ status, body }).toEqual({ status: 200, body: { id: "a b", version: 7 } });
  expect(headers.get("etag")).toBe('"7"');
  expect(headers.get("x-trace-id")).toBe("my-trace");
  expect(headers.get("cache-control")).toBe("no-store");
});

test("a reply may have headers of its own, and one without content has none", async () => {
  const { call } = setup();
  const created = await call("/api/v1/things", post({ name: "abc" }));
  expect({ status: created.status, location: created.headers.get("location") }).toEqual({ status: 201, location: "/api/v1/things/abc" });
  const deleted = await call("/api/v1/things/abc", { method: "DELETE" });
  expect({ status: deleted.status, body: deleted.body }).toEqual({ status: 204, body: "" });
});

test("without a credential everything below /api is 401, whether it exists or not, and it is audited", async () => {
  const { call, audited } = setup();
  for (const path of ["/api/v1/things/1", "/api/v1/none", "/api/"]) {
    const { status, headers, body } = await call(path, {}, "");
    expect({ status, body }).toEqual({
      status: 401,
      body: { error: { code: "unauthenticated", message: "Bearer token required", trace_id: "made-up", reason: "CREDENTIAL_INVALID" } },
    });
    expect(headers.get("www-authenticate")).toStartWith("Bearer");
  }
  expect(audited).toHaveLength(3);
  expect(audited[0]).toMatchObject({ kind: "gate_decision", outcome: "refused", status: 401, actorKind: "none", address: "10.0.0.9" });
});

test("an open endpoint sees the bearer and asks nobody", async () => {
  const { call } = setup();
  expect((await call("/api/v1/open", {}, "whatever")).body).toEqual({ bearer: "whatever" });
});

test("a path that is not there is 404, a method that is not there 405 with those that are", async () => {
  const { call } = setup();
  expect(await call("/api/v1/none")).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
  const wrong = await call("/api/v1/things/1", { method: "PUT" });
  expect(wrong).toMatchObject({ status: 405, body: { error: { code: "method_not_allowed" } } });
  expect(wrong.headers.get("allow")).toBe("GET, DELETE");
});

test.each([
  ["a field that is too long", { name: "abcdef" }, 'body.name: must have at most 5 characters (given: "abcdef")'],
  ["a field that is missing", {}, "body.name: "],
  ["a field of another type", { name: 7 }, "(given: 7)"],
  ["a field that nobody knows", { name: "a", colour: "red" }, "colour"],
  ["no object", [], "body: "],
])("%s is 400 and named, with what was given and what is allowed", async (_, given, message) => {
  const { status, body } = await setup().call("/api/v1/things", post(given));
  expect({ status, code: body.error.code, reason: body.error.reason }).toEqual({
    status: 400,
    code: "invalid_request",
    reason: "FIELD_INVALID",
  });
  expect(body.error.message).toContain(message);
});

test("a refused password is not repeated in the message", async () => {
  const { body } = await setup().call("/api/v1/things", post({ name: "a", password: "pw" }));
  expect(body.error.message).toStartWith("body.password: ");
  expect(body.error.message).not.toContain("pw)");
  expect(body.error.message).not.toContain("given");
});

test("what is no JSON, too deep, of another media type or too large is refused with its status", async () => {
  const { call } = setup();
  expect(await call("/api/v1/things", post("{"))).toMatchObject({ status: 400, body: { error: { reason: "JSON_INVALID" } } });
  const deep = `{"name":"a","deep":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  expect(await call("/api/v1/things", post(deep))).toMatchObject({ status: 400, body: { error: { reason: "JSON_TOO_DEEP" } } });
  const key = post('{"a":[{"\\u005f_proto__":1}]}');
  expect(await call("/api/v1/things", key)).toMatchObject({ status: 400, body: { error: { reason: "JSON_KEY_INVALID" } } });
  expect(await call("/api/v1/things", { method: "POST", body: "name=a" })).toMatchObject({
    status: 415,
    body: { error: { code: "unsupported_media_type" } },
  });
  const large = await call("/api/v1/things", post({ name: "a", deep: "x".repeat(MAX_BODY_BYTES) }));
  expect(large).toMatchObject({ status: 413, body: { error: { code: "payload_too_large" } } });
});

test("a query that nobody knows is refused, and so is an If-Match of somebody else's", async () => {
  const { call } = setup();
  expect((await call("/api/v1/things/1?colour=red")).body.error.message).toContain("colour");
  expect(await call("/api/v1/things/1", { headers: { "if-match": "abc" } })).toMatchObject({
    status: 400,
    body: { error: { reason: "IF_MATCH_INVALID" } },
  });
});

test("a token opens the paths of its own project alone", async () => {
  const { call, audited } = setup();
  expect((await call("/api/v1/projects/demo/things", {}, "token")).status).toBe(200);
  for (const path of ["/api/v1/projects/other/things", "/api/v1/things/1"]) {
    expect(await call(path, {}, "token")).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
  }
  expect(audited).toHaveLength(2);
  expect(audited[0]).toMatchObject({ tokenName: "ci", tokenSha: "ab".repeat(32), user: "ada", status: 403 });
});

test("a gateway's key opens its own paths and no others, and nobody else's opens those", async () => {
  const { call } = setup();
  expect((await call("/api/v1/gateway/things", {}, "gateway")).status).toBe(200);
  expect((await call("/api/v1/things/1", {}, "gateway")).status).toBe(403);
  expect((await call("/api/v1/gateway/things", {}, "ada")).status).toBe(403);
});

test("a refusal by role bindings is audited as one, with what it would take in the hint", async () => {
  const guarded = defineEndpoint({ ...plain, name: "x.get", method: "GET", path: "/api/v1/x", summary: "", status: 200, reply: thing });
  const { call, audited } = setup([
    route(guarded, async ({ actor }) => {
      requireAccess(actor.caller, { verb: "view", resource: "servers", name: "a" });
      return { id: "x", version: 1 };
    }),
  ]);
  const { status, body } = await call("/api/v1/x");
  expect({ status, code: body.error.code }).toEqual({ status: 403, code: "forbidden" });
  expect(body.error.hint).toContain("role:view,resource:servers,name:a");
  expect(audited[0]).toMatchObject({ kind: "rbac_decision", outcome: "refused", actorName: "ada", method: "GET /api/v1/x" });
});

test("that nobody hands out what they do not hold is a refusal by role bindings too", async () => {
  const giving = defineEndpoint({ ...plain, name: "z.get", method: "GET", path: "/api/v1/z", summary: "", status: 200, reply: thing });
  const { call, audited } = setup([
    route(giving, async ({ actor }) => {
      requireCovers(actor.caller, [{ role: "edit", resource: "secrets" }], "give this to dev");
      return { id: "z", version: 1 };
    }),
  ]);
  expect(await call("/api/v1/z")).toMatchObject({ status: 403, body: { error: { code: "forbidden", reason: "RIGHTS_NOT_HELD" } } });
  expect(audited).toMatchObject([{ kind: "rbac_decision", outcome: "refused", detail: { reason: "RIGHTS_NOT_HELD" } }]);
});

test("a fault inside is 500 without its cause, and told to the log", async () => {
  const broken = defineEndpoint({ ...plain, name: "y.get", method: "GET", path: "/api/v1/y", summary: "", status: 200, reply: thing });
  const { call, failures } = setup([route(broken, async () => Promise.reject(new Error("the password is hunter2")))]);
  const { status, body } = await call("/api/v1/y");
  expect(status).toBe(500);
  expect(JSON.stringify(body)).not.toContain("hunter2");
  expect(failures).toHaveLength(1);
});

test("a foreign Host or Origin is 403, but not on health routes", async () => {
  const { call } = setup();
  for (const headers of [{ host: "evil.example" }, { origin: "http://evil.example" }]) {
    expect(await call("/api/v1/things/1", { headers })).toMatchObject({ status: 403, body: { error: { code: "origin_denied" } } });
    expect((await call("/healthz", { headers }, "")).status).toBe(200);
  }
});

test("health says whether it is ready", async () => {
  expect((await setup().call("/readyz", {}, "")).status).toBe(200);
  expect((await setup([], false).call("/readyz", {}, "")).status).toBe(503);
  expect((await setup([], false).call("/healthz", {}, "")).status).toBe(200);
});
