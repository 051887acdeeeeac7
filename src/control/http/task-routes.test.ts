import { expect, test } from "bun:test";
import type { TaskView } from "../../api/dispatch-task.ts";
import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import type { Scope } from "../../core/caller.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import { memoryTaskReader, type OwnedTask, taskView } from "../task/memory-task-reader.fixture.ts";
import { createApi } from "./create-api.ts";
import { taskRoutes } from "./task-routes.ts";

const ofUser = (name: string): Grant => ({ principal: { kind: "user", id: `usr_${name}`, name }, bindings: [], scopes: [] });
const ofJwt = (...scopes: Scope[]): Grant => ({ principal: { kind: "jwt", id: "jo", name: "jo" }, bindings: [], scopes });
const TOKEN: Grant = {
  principal: { kind: "token", id: "tok_ci", name: "ci", sha: "ab".repeat(32), project: "demo", ownerId: "usr_ada", owner: "ada" },
  bindings: [],
  ownerBindings: [],
  scopes: [],
};
const GRANTS: Readonly<Record<string, Grant>> = {
  ada: ofUser("ada"),
  bob: ofUser("bob"),
  ci: TOKEN,
  reader: ofJwt("mcp:read"),
  admin: ofJwt("mcp:admin"),
};

const ADA = "user:usr_ada";
const CI = "token:tok_ci";

function setup(...owned: OwnedTask[]) {
  const api = createApi({
    edge: edgePolicyFor("127.0.0.1"),
    ready: () => true,
    newTraceId: () => "trace-1",
    authenticate: async (request) => {
      const found = GRANTS[request.headers.get("authorization")?.slice("Bearer ".length) ?? ""];
      if (found === undefined) throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Bearer token required");
      return found;
    },
    routes: taskRoutes(memoryTaskReader(owned)),
    audit: { record: () => {} },
    clock: { now: () => new Date("2026-06-01T10:00:00Z") },
    onFailure: (error) => {
      throw error;
    },
  });
  return async (as: string, path: string, method = "GET") => {
    const headers = { host: "127.0.0.1:3100", authorization: `Bearer ${as}` };
    const response = await api.fetch(new Request(`http://127.0.0.1:3100/api/v1${path}`, { method, headers }));
    // biome-ignore lint/suspicious/noExplicitAny: whatever JSON a test expects.
    return { status: response.status, body: (await response.json()) as any };
  };
}

const of = (principal: string, id: string, changes: Partial<TaskView> = {}): OwnedTask => ({ principal, task: taskView(id, changes) });
const idsOf = (items: readonly TaskView[]) => items.map(({ id }) => id);

test("whoever asks lists their own tasks and nobody else's, the newest first, without results", async () => {
  const call = setup(of(ADA, "tsk_1", { state: "finished", result: { content: [] } }), of(CI, "tsk_2"), of(ADA, "tsk_3"));
  const { status, body } = await call("ada", "/tasks");
  expect([status, idsOf(body.items), body.nextCursor]).toEqual([200, ["tsk_3", "tsk_1"], null]);
  expect(body.items[1]).not.toHaveProperty("result");
  expect(idsOf((await call("ci", "/tasks")).body.items)).toEqual(["tsk_2"]);
  expect((await call("bob", "/tasks")).body).toEqual({ items: [], nextCursor: null });
});

test("a list is narrowed down by project and state, and goes on where its page ended", async () => {
  const call = setup(
    of(ADA, "tsk_1"),
    of(ADA, "tsk_2", { project: "shop", state: "running" }),
    of(ADA, "tsk_3", { project: null, server: "content" }),
    of(ADA, "tsk_4", { state: "failed" }),
  );
  expect(idsOf((await call("ada", "/tasks?project=demo")).body.items)).toEqual(["tsk_4", "tsk_1"]);
  expect(idsOf((await call("ada", "/tasks?state=running")).body.items)).toEqual(["tsk_2"]);
  expect(idsOf((await call("ada", "/projects/demo/tasks?state=queued")).body.items)).toEqual(["tsk_1"]);
  const first = (await call("ada", "/tasks?limit=3")).body;
  expect([idsOf(first.items), first.nextCursor]).toEqual([["tsk_4", "tsk_3", "tsk_2"], "tsk_2"]);
  const second = (await call("ada", "/tasks?limit=3&cursor=tsk_2")).body;
  expect([idsOf(second.items), second.nextCursor]).toEqual([["tsk_1"], null]);
  expect((await call("ada", "/tasks?limit=500")).body.items).toHaveLength(4);
  for (const wrong of ["limit=0", "limit=501", "state=lost", "sort=id"]) {
    expect(await call("ada", `/tasks?${wrong}`)).toMatchObject({ status: 400, body: { error: { reason: "FIELD_INVALID" } } });
  }
});

test("a task is told whole, by both paths, to the one who dispatched it; to others it is not there", async () => {
  const result = { content: [{ type: "text", text: "found" }] };
  const call = setup(of(ADA, "tsk_1", { state: "finished", result }), of(ADA, "tsk_2", { project: "shop" }));
  for (const path of ["/tasks/tsk_1", "/projects/demo/tasks/tsk_1"]) {
    expect(await call("ada", path)).toEqual({ status: 200, body: taskView("tsk_1", { state: "finished", result }) });
    for (const other of ["bob", "ci", "reader"]) {
      expect(await call(other, path)).toMatchObject({ status: 404, body: { error: { code: "not_found", reason: "TASK_UNKNOWN" } } });
    }
  }
  expect((await call("ada", "/projects/demo/tasks/tsk_2")).status).toBe(404);
  expect((await call("ada", "/tasks/tsk_9")).status).toBe(404);
});

test("a task that waits is canceled, one that runs is told to end, and one that has ended stays as it is", async () => {
  const owned = [of(CI, "tsk_1"), of(CI, "tsk_2", { state: "running" }), of(CI, "tsk_3", { state: "finished" })];
  const call = setup(...owned);
  expect((await call("ci", "/tasks/tsk_1/cancel", "POST")).body).toMatchObject({ id: "tsk_1", state: "canceled" });
  expect((await call("ci", "/projects/demo/tasks/tsk_2/cancel", "POST")).body).toMatchObject({ state: "running", cancel_requested: true });
  expect((await call("ci", "/tasks/tsk_3/cancel", "POST")).body).toMatchObject({ state: "finished", cancel_requested: false });
  expect((await call("ada", "/tasks/tsk_1/cancel", "POST")).status).toBe(404);
  expect((await call("ci", "/tasks/tsk_1/cancel")).status).toBe(405);
});

test("a token is refused where another project is named, and a JWT is bound to its scopes", async () => {
  const call = setup(of(CI, "tsk_1"));
  const denied = { status: 403, body: { error: { reason: "CREDENTIAL_KIND_WRONG" } } };
  expect(await call("ci", "/projects/shop/tasks")).toMatchObject(denied);
  expect(await call("ci", "/projects/shop/tasks/tsk_1")).toMatchObject(denied);
  expect(await call("ci", "/tasks?project=shop")).toMatchObject(denied);
  expect((await call("ci", "/projects/demo/tasks")).status).toBe(200);
  expect((await call("reader", "/tasks")).status).toBe(200);
  expect(await call("reader", "/tasks/tsk_1/cancel", "POST")).toMatchObject({ status: 403, body: { error: { reason: "SCOPE_DENIED" } } });
  expect((await call("admin", "/tasks/tsk_1/cancel", "POST")).status).toBe(404);
  expect((await call("nobody", "/tasks")).status).toBe(401);
});
