import { expect, test } from "bun:test";
import type { AuditEvent } from "../../api/audit-event.ts";
import { eventData } from "../../api/event-data.ts";
import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import { ALL_BINDINGS, type RoleBinding } from "../../core/permission.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { changeDraft, requestDraft, testClock, until, withAuditLog } from "../audit/audit-log.fixture.ts";
import type { AuditLog } from "../audit/open-audit-log.ts";
import { auditRoutes } from "./audit-routes.ts";
import { auditStream } from "./audit-stream.ts";
import { createApi } from "./create-api.ts";

const SHA = "ab".repeat(32);

function userGrant(name: string, ...bindings: readonly RoleBinding[]): Grant {
  const granted = bindings.map((binding) => ({ binding, source: "test" }));
  return { principal: { kind: "user", id: `usr_${name}`, name }, bindings: granted, scopes: ["mcp:read"] };
}

const GRANTS: Readonly<Record<string, Grant>> = {
  admin: userGrant("admin", ...ALL_BINDINGS),
  auditor: userGrant("auditor", { role: "view", resource: "audit" }),
  demo: userGrant("demo", { role: "view", resource: "audit", name: "demo" }),
  nobody: userGrant("nobody", { role: "view", resource: "servers" }),
  token: {
    ...userGrant("ada", ...ALL_BINDINGS),
    principal: { kind: "token", id: "tok_1", name: "ci", sha: SHA, project: "demo", ownerId: "usr_1", owner: "ada" },
  },
};

interface Setup {
  readonly log: AuditLog;
  readonly grants: Record<string, Grant>;
  readonly stop: () => void;
  get(path: string, who?: string, init?: RequestInit): Promise<Response>;
  flush(): Promise<void>;
}

async function withApi(run: (setup: Setup) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  const grants = { ...GRANTS };
  const stopping = new AbortController();
  await withAuditLog({ db, writer: "w" }, async (log) => {
    const authenticate = async (request: Request) => {
      const grant = grants[request.headers.get("authorization")?.replace("Bearer ", "") ?? ""];
      if (grant === undefined) throw new AppError("unauthenticated", "TOKEN_INVALID", "Invalid token");
      return grant;
    };
    const api = createApi({
      edge: edgePolicyFor("127.0.0.1"),
      ready: () => true,
      newTraceId: () => "trace-1",
      authenticate,
      routes: auditRoutes({ ...log, authenticate, stopping: stopping.signal }),
      audit: log.sink,
      clock: testClock(),
      onFailure: (error) => {
        throw error.cause;
      },
    });
    await run({
      log,
      grants,
      stop: () => stopping.abort(),
      get: async (path, who = "admin", init = {}) =>
        api.fetch(
          new Request(`http://127.0.0.1:3100${path}`, { ...init, headers: { host: "127.0.0.1:3100", authorization: `Bearer ${who}` } }),
        ),
      flush: async () => {
        await log.verify(new AbortController().signal);
      },
    });
  });
  await db.destroy();
}

/** Three events: of project demo by a token, of another project, and of no project. */
async function record({ log, flush }: Setup): Promise<void> {
  log.sink.record(requestDraft({ project: "demo", tokenName: "ci", tokenSha: SHA, server: "content", tool: "search", status: 200 }));
  log.sink.record(requestDraft({ project: "other", at: "2026-03-01T12:00:01.000Z" }));
  log.sink.record(requestDraft({ kind: "gate_decision", outcome: "refused", status: 401, at: "2026-03-01T12:00:02.000Z" }));
  await flush();
}

async function idsOf(response: Response): Promise<string[]> {
  expect(response.status).toBe(200);
  const { items } = (await response.json()) as { items: AuditEvent[] };
  return items.map(({ id }) => id);
}

test("events are listed newest first, filtered and paged", () =>
  withApi(async (setup) => {
    await record(setup);
    expect(await idsOf(await setup.get("/api/v1/audit", "auditor"))).toEqual(["w-3", "w-2", "w-1"]);
    expect(await idsOf(await setup.get("/api/v1/audit?sort=at&limit=2"))).toEqual(["w-1", "w-2"]);
    const first = (await (await setup.get("/api/v1/audit?limit=2")).json()) as { nextCursor: string };
    expect(await idsOf(await setup.get(`/api/v1/audit?limit=2&cursor=${first.nextCursor}`))).toEqual(["w-1"]);
    for (const query of ["tokenName=ci", `tokenSha=${SHA}`, "status=200&tool=search", "project=demo", "until=2026-03-01T12:00:01Z"]) {
      expect({ query, ids: await idsOf(await setup.get(`/api/v1/audit?${query}`)) }).toEqual({ query, ids: ["w-1"] });
    }
    for (const query of ["kind=none", "since=yesterday", "status=x", "limit=0", "limit=501", "cursor=x", "unknown=1", "outcome="]) {
      expect({ query, status: (await setup.get(`/api/v1/audit?${query}`)).status }).toEqual({ query, status: 400 });
    }
  }));

test("one event is had by its id; what is not there is 404", () =>
  withApi(async (setup) => {
    await record(setup);
    const response = await setup.get("/api/v1/audit/w-1", "auditor");
    expect(await response.json()).toMatchObject({ id: "w-1", tokenName: "ci", tokenSha: SHA, project: "demo", hash: expect.any(String) });
    for (const id of ["w-9", "x-1", "w", "1", "%00"]) expect((await setup.get(`/api/v1/audit/${id}`)).status).toBe(404);
  }));

test("who may see only a project's events sees those alone, and who may see none is refused", () =>
  withApi(async (setup) => {
    await record(setup);
    expect(await idsOf(await setup.get("/api/v1/audit", "demo"))).toEqual(["w-1"]);
    expect(await idsOf(await setup.get("/api/v1/audit?project=demo", "demo"))).toEqual(["w-1"]);
    const statusOf = async (path: string, who: string) => (await setup.get(path, who)).status;
    expect(await statusOf("/api/v1/audit?project=other", "demo")).toBe(403);
    expect(await statusOf("/api/v1/audit-tail?project=other", "demo")).toBe(403);
    expect(await statusOf("/api/v1/audit/w-1", "demo")).toBe(200);
    // Of another project, and of none.
    expect([await statusOf("/api/v1/audit/w-2", "demo"), await statusOf("/api/v1/audit/w-3", "demo")]).toEqual([403, 403]);
    expect(await statusOf("/api/v1/audit-verify", "demo")).toBe(403);
    for (const path of ["/api/v1/audit", "/api/v1/audit/w-1", "/api/v1/audit/w-99", "/api/v1/audit-tail", "/api/v1/audit-verify"]) {
      expect([path, await statusOf(path, "nobody"), await statusOf(path, "token"), await statusOf(path, "stranger")]).toEqual([
        path,
        403,
        403,
        401,
      ]);
    }
    // Each refusal is an event.
    await setup.flush();
    expect(await idsOf(await setup.get("/api/v1/audit?kind=rbac_decision&status=403&limit=500"))).toHaveLength(5 + 5);
  }));

test("the check of the chains says what is wrong", () =>
  withApi(async (setup) => {
    await record(setup);
    const [one, two] = await Promise.all([setup.get("/api/v1/audit-verify", "auditor"), setup.get("/api/v1/audit-verify", "auditor")]);
    const sound = { ok: true, events: 3, chains: [{ writer: "w", first: 1, last: 3, events: 3, ok: true, findings: [] }] };
    expect([await one.json(), await two.json()]).toEqual([sound, sound]);
  }));

/** Reads a stream in the background. */
function reading(response: Response) {
  const events: AuditEvent[] = [];
  const ended = (async () => {
    if (response.body !== null) for await (const data of eventData(response.body)) events.push(JSON.parse(data));
  })();
  return { events, ended };
}

test("the tail sends events as they are committed, in the scope of its caller and filter", () =>
  withApi(async (setup) => {
    const response = await setup.get("/api/v1/audit-tail?outcome=ok", "demo");
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const { events, ended } = reading(response);
    const all = reading(await setup.get("/api/v1/audit-tail"));
    await setup.log.changes.commit(async () => ({ result: 0, change: { event: changeDraft({ project: "demo" }), touched: [] } }));
    await until(() => events.length === 1 && all.events.length === 1);
    await record(setup);
    await until(() => events.length === 2 && all.events.length === 4);
    expect(events.map(({ id, project }) => `${id} ${project}`)).toEqual(["w-1 demo", "w-2 demo"]);
    setup.stop();
    await Promise.all([ended, all.ended]);
  }));

test("a tail ends when its reader goes, and when the server stops", () =>
  withApi(async (setup) => {
    const client = new AbortController();
    const gone = reading(await setup.get("/api/v1/audit-tail", "admin", { signal: client.signal }));
    const left = (await setup.get("/api/v1/audit-tail")).body;
    const staying = reading(await setup.get("/api/v1/audit-tail"));
    client.abort();
    await left?.cancel();
    await gone.ended.catch(() => undefined);
    await record(setup);
    await until(() => staying.events.length === 3);
    expect(gone.events).toEqual([]);
    setup.stop();
    await staying.ended;
    const late = reading(await setup.get("/api/v1/audit-tail"));
    await late.ended;
  }));

test("a quiet tail says that it is alive, and ends when its credential opens it no longer", () =>
  withApi(async ({ log, grants, get }) => {
    // Through the API once, so that a tail with a shorter heartbeat stands for the same thing.
    expect((await get("/api/v1/audit-tail")).status).toBe(200);
    let open = true;
    const response = auditStream({
      tail: log.tail,
      filter: {},
      projects: "all",
      request: new Request("http://127.0.0.1/"),
      address: undefined,
      authenticate: async () => {
        if (!open) throw new AppError("unauthenticated", "TOKEN_INVALID", "Invalid token");
        return grants.admin ?? userGrant("admin");
      },
      projectsOf: () => "all",
      stopping: new AbortController().signal,
      heartbeatMs: 5,
    });
    let text = "";
    const ended = (async () => {
      if (response.body !== null) for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) text += chunk;
    })();
    await until(() => text.split(": alive\n\n").length > 3);
    open = false;
    await ended;
    expect(text).toStartWith(": open\n\n");
  }));

test("a tail whose caller may see other projects than before ends", () =>
  withApi(async ({ log }) => {
    let projects: ReadonlySet<string> = new Set(["demo"]);
    const response = auditStream({
      tail: log.tail,
      filter: {},
      projects,
      request: new Request("http://127.0.0.1/"),
      address: undefined,
      authenticate: async () => userGrant("demo"),
      projectsOf: () => projects,
      stopping: new AbortController().signal,
      heartbeatMs: 5,
    });
    const { ended } = reading(response);
    projects = new Set(["demo"]);
    await Bun.sleep(0);
    projects = new Set(["other"]);
    await ended;
  }));

test("a reader that is too slow is told how many events it has missed", () =>
  withApi(async ({ log, get, flush, stop }) => {
    const response = await get("/api/v1/audit-tail");
    for (let number = 1; number <= 2500; number += 1) log.sink.record(requestDraft());
    await flush();
    const { events, ended } = reading(response);
    const skipped = () => events.filter(({ code }) => code === "audit_skipped");
    await until(() => skipped().length > 0);
    const told = skipped().reduce((sum, { detail }) => sum + Number(detail?.skipped), 0);
    expect(events.length - skipped().length + told).toBe(2500);
    expect(told).toBeGreaterThan(1000);
    stop();
    await ended;
  }));
