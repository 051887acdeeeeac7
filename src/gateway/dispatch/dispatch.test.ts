/** Dispatched calls on all three routes, through the gateway's whole face. */
import { describe, expect, test } from "bun:test";
import type { RoleBinding } from "../../core/permission.ts";
import { SESSION_COOKIE } from "../../core/session-cookie.ts";
import { openGateway, type Setup, type TestGateway } from "../gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY } from "../policy/gateway-policy.ts";
import { type Answering, ScriptedServer, type ServerScript, toolText } from "../scripted-upstream.fixture.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const MEMBER: readonly RoleBinding[] = [
  { role: "view", resource: "servers" },
  { role: "run", resource: "servers" },
  { role: "view", resource: "prompts" },
];
const DISPATCHER: readonly RoleBinding[] = [...MEMBER, { action: "dispatch" }];

const PROJECT = "/projects/demo/dispatch";
const API = "/api/v1/mcp/one/dispatch";
const MANAGER = "/emcp/one/dispatch";
/** The tool as each route names it. */
const ROUTES = [
  [PROJECT, "one__a"],
  [API, "a"],
  [MANAGER, "a"],
] as const;

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into bodies of any shape.
  readonly json: any;
}

interface DispatchOptions {
  readonly key?: string | null;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

function one(script: ServerScript = {}): ScriptedServer {
  return new ScriptedServer({ lists: { tools: [toolText("a"), toolText("b")] }, ...script });
}

async function open(server = one(), setup: Setup = {}) {
  const gateway = await openGateway({ servers: { one: server }, ...setup });
  const token = gateway.control.issue("demo", { bindings: DISPATCHER });
  return { gateway, token, dispatch: dispatcher(gateway, token) };
}

function dispatcher(gateway: TestGateway, own: string) {
  return async (path: string, body: unknown, options: DispatchOptions = {}): Promise<Reply> => {
    const { key = "k-1", token = own, headers, method = "POST" } = options;
    const all = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      ...(key === null ? {} : { "idempotency-key": key }),
      ...headers,
    };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await gateway.fetch(path, { method, headers: all, ...(method === "GET" ? {} : { body: text }) });
    const answer = await response.text();
    return { status: response.status, headers: response.headers, text: answer, json: answer === "" ? undefined : JSON.parse(answer) };
  };
}

const calling = (name: string, args: object = { limit: 1 }) => ({ method: "tools/call", params: { name, arguments: args } });

describe.each(ROUTES)("POST %s", (path, tool) => {
  test("carries a call out once, and answers with a task, its trace and the result", async () => {
    const server = one();
    const { gateway, dispatch } = await open(server);
    await using _ = gateway;
    const { status, json, headers } = await dispatch(path, calling(tool), { headers: { "x-trace-id": "trace-first" } });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(json).toEqual({
      status: "completed",
      task_id: expect.stringMatching(/^tsk_[0-9A-Za-z]{22}$/),
      trace_id: "trace-first",
      idempotency_key: "k-1",
      reused: false,
      result: { asked: "tools/call", params: '{"name":"a","arguments":{"limit":1}}' },
    });
    expect(headers.get("x-trace-id")).toBe("trace-first");
    const again = await dispatch(path, calling(tool), { headers: { "x-trace-id": "trace-second" } });
    expect(again.json).toEqual({ ...json, reused: true });
    expect(again.headers.get("x-trace-id")).toBe("trace-second");
    expect(server.of("tools/call")).toHaveLength(1);
  });

  test("A is accepted, B is the same again, C is another call under the key and is refused with nothing carried out", async () => {
    const server = one();
    const { gateway, dispatch } = await open(server);
    await using _ = gateway;
    const a = await dispatch(path, calling(tool));
    const b = await dispatch(path, `{"id":7,"params":{"arguments":{"limit":1},"name":"${tool}"},"jsonrpc":"2.0","method":"tools/call"}`);
    const c = await dispatch(path, calling(tool, { limit: 2 }));
    expect([a.status, b.status, c.status]).toEqual([200, 200, 409]);
    expect(b.json).toEqual({ ...a.json, reused: true });
    expect(c.json).toEqual({ error: { code: "idempotency_conflict", message: expect.any(String), trace_id: expect.any(String) } });
    expect(server.of("tools/call")).toHaveLength(1);
    expect(gateway.control.tasks.entries.size).toBe(1);
  });

  test("has POST alone, needs a credential, and takes JSON", async () => {
    const { gateway, dispatch } = await open();
    await using _ = gateway;
    for (const method of ["GET", "DELETE", "PUT"]) {
      const { status, headers } = await dispatch(path, {}, { method, headers: { "last-event-id": "1" } });
      expect([status, headers.get("allow")]).toEqual([405, "POST"]);
    }
    expect((await dispatch(path, calling(tool), { token: "mcpctl_pat_nobody" })).status).toBe(401);
    expect((await dispatch(path, calling(tool), { headers: { "content-type": "text/plain" } })).status).toBe(415);
    expect((await dispatch(path, calling(tool), { headers: { origin: "https://evil.example" } })).status).toBe(403);
    const large = await dispatch(path, calling(tool, { text: "x".repeat(300_000) }));
    expect([large.status, large.json.error.code]).toEqual([413, "payload_too_large"]);
    expect(gateway.control.tasks.entries.size).toBe(0);
  });

  test("refuses a body or a key that it cannot keep apart", async () => {
    const server = one();
    const { gateway, dispatch } = await open(server);
    await using _ = gateway;
    const invalid = [
      await dispatch(path, "{"),
      await dispatch(path, { method: "tools/list" }),
      await dispatch(path, `{"method":"tools/call","params":{"name":"${tool}","arguments":{"id":9007199254740993}}}`),
      await dispatch(path, `{"method":"tools/call","params":{"a":${"[".repeat(200)}${"]".repeat(200)}}}`),
      await dispatch(path, calling(tool), { key: null }),
      await dispatch(path, calling(tool), { key: "k".repeat(256) }),
    ];
    expect(invalid.map(({ status, json }) => [status, json.error.code])).toEqual(invalid.map(() => [400, "invalid_payload"]));
    expect([server.of("tools/call"), gateway.control.tasks.entries.size]).toEqual([[], 0]);
  });

  test("takes the action dispatch besides what the call takes, and the scope of its method", async () => {
    const { gateway, dispatch } = await open();
    await using _ = gateway;
    const as = async (bindings: readonly RoleBinding[], scopes?: ("mcp:read" | "mcp:call")[]) => {
      const token = gateway.control.issue("demo", { bindings, ...(scopes === undefined ? {} : { scopes }) });
      const { status, json } = await dispatch(path, calling(tool), { token });
      return [status, json.error?.code ?? json.status];
    };
    expect(await as(MEMBER)).toEqual([403, "forbidden"]);
    expect(await as([{ role: "view", resource: "servers" }, { action: "dispatch" }])).toEqual([403, "forbidden"]);
    expect(await as(DISPATCHER, ["mcp:read"])).toEqual([403, "scope_denied"]);
    expect(await as(DISPATCHER)).toEqual([200, "completed"]);
    expect(gateway.control.tasks.entries.size).toBe(1);
  });

  test("is counted as any call, and answers in no stream", async () => {
    const { gateway, dispatch } = await open(one(), { rateLimits: { one: 2 } });
    await using _ = gateway;
    const streaming = await dispatch(path, calling(tool), { headers: { accept: "text/event-stream" } });
    expect([streaming.status, streaming.json.error.code]).toEqual([403, "streaming_disabled"]);
    const both = await dispatch(path, calling(tool), { headers: { accept: "application/json, text/event-stream" } });
    expect([both.status, both.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect((await dispatch(path, calling(tool))).status).toBe(200);
    const limited = await dispatch(path, calling(tool));
    expect([limited.status, limited.json.error.code, limited.headers.get("retry-after")]).toEqual([429, "rate_limited", "60"]);
  });

  test("is written down with its task, and so is what was refused", async () => {
    const { gateway, dispatch } = await open();
    await using _ = gateway;
    const { json } = await dispatch(path, calling(tool), { headers: { "x-trace-id": "trace-first" } });
    await dispatch(path, calling(tool));
    await dispatch(path, calling(tool, {}));
    const [first, second, third] = gateway.control.audited;
    const detail = { paramsBytes: JSON.stringify(calling(tool).params).length, task: json.task_id };
    const about = { method: "tools/call", server: "one", tool: "a" };
    expect(first).toMatchObject({
      kind: "dispatch",
      outcome: "ok",
      status: 200,
      traceId: "trace-first",
      ...about,
      detail: { ...detail, reused: false },
    });
    expect(second).toMatchObject({ kind: "dispatch", outcome: "ok", status: 200, ...about, detail: { ...detail, reused: true } });
    expect(third).toMatchObject({ kind: "gate_decision", outcome: "refused", status: 409, code: "idempotency_conflict", ...about });
  });
});

test("routes that are switched off or moved take their dispatch along, and a server may be called dispatch or servers", async () => {
  const routes = { manager: undefined, api: "/rest/2/mcp/" };
  const { gateway, dispatch } = await open(one(), { policy: { routes } });
  await using _ = gateway;
  expect([(await dispatch(MANAGER, calling("a"))).status, (await dispatch(API, calling("a"))).status]).toEqual([404, 404]);
  expect((await dispatch("/rest/2/mcp/one/dispatch", calling("a"))).status).toBe(200);
  const named = { dispatch: one(), servers: one() };
  await using other = await openGateway({ servers: named });
  const post = dispatcher(other, other.control.issue("demo", { bindings: DISPATCHER }));
  for (const handle of ["dispatch", "servers"]) expect((await post(`/emcp/${handle}/dispatch`, calling("a"))).status).toBe(200);
  expect((await post("/emcp/one/dispatch/more", calling("a"))).status).toBe(404);
  expect((await post("/projects/demo/dispatch/more", calling("a"))).status).toBe(404);
});

test("a browser's cookie opens the manager's dispatch alone, from a page of the gateway's own", async () => {
  const { gateway } = await open();
  await using _ = gateway;
  const session = gateway.control.logIn("ann", { bindings: DISPATCHER });
  const post = async (path: string, headers: Readonly<Record<string, string>>) => {
    const all = { cookie: `${SESSION_COOKIE}=${session}`, "content-type": "application/json", "idempotency-key": "k", ...headers };
    return (await gateway.fetch(path, { method: "POST", headers: all, body: JSON.stringify(calling("a")) })).status;
  };
  expect(await post(MANAGER, { origin: "http://127.0.0.1:3200" })).toBe(200);
  expect(await post(MANAGER, { origin: "http://127.0.0.1:9999" })).toBe(403);
  expect(await post(API, { origin: "http://127.0.0.1:3200" })).toBe(401);
});

test("one key stands for a call of each principal, and of each server; the manager's and the API's route are one place", async () => {
  const server = one();
  const { gateway, dispatch } = await open(server);
  await using _ = gateway;
  const first = await dispatch(API, calling("a"));
  expect((await dispatch(MANAGER, calling("a"))).json).toEqual({ ...first.json, reused: true });
  const other = gateway.control.issue("demo", { bindings: DISPATCHER });
  expect((await dispatch(API, calling("a", { limit: 2 }), { token: other })).json).toMatchObject({ status: "completed", reused: false });
  expect((await dispatch(PROJECT, calling("one__a", { limit: 3 }))).json).toMatchObject({ status: "completed", reused: false });
  expect(server.of("tools/call")).toHaveLength(3);
});

test("prompts and resources are dispatched like tools", async () => {
  const { gateway, dispatch } = await open(
    one({ lists: { tools: [], prompts: ['{"name":"p"}'], resources: ['{"uri":"x://1","name":"n"}'] } }),
  );
  await using _ = gateway;
  const prompt = await dispatch(PROJECT, { method: "prompts/get", params: { name: "one__p" } }, { key: "p" });
  expect(prompt.json.result).toEqual({ asked: "prompts/get", params: '{"name":"p"}' });
  const resource = await dispatch(API, { method: "resources/read", params: { uri: "x://1" } }, { key: "r" });
  expect(resource.json.result).toEqual({ asked: "resources/read", params: '{"uri":"x://1"}' });
});

const answering = (answer: Answering) => one({ answers: { "tools/call": answer } });

test("params go on, and the result comes back, byte for byte", async () => {
  const result = String.raw`{"content":[{"n":1.0,"big":12345678901234567890,"t":"\u00e9\/"}] , "_meta":{}}`;
  const server = answering((call) => `{ "id":${call.idText}, "result" : ${result}, "jsonrpc":"2.0"}`);
  const { gateway, dispatch } = await open(server);
  await using _ = gateway;
  const params = String.raw`{"name":"a" , "arguments":{"n":1.0,"t":"\u00e9\/"}}`;
  for (const reused of [false, true]) {
    const { text } = await dispatch(API, `{"method":"tools/call","params":${params}}`);
    expect(text).toEndWith(`"reused":${reused},"result":${result}}`);
  }
  expect(server.of("tools/call").map(({ paramsText }) => paramsText)).toEqual([params]);
});

describe("a call that fails", () => {
  test("stays failed for its key, and says so", async () => {
    const error = { code: -32602, message: "no such limit", data: { at: 1 } };
    const server = answering((call) => `{"jsonrpc":"2.0","id":${call.idText},"error":${JSON.stringify(error)}}`);
    const { gateway, dispatch } = await open(server);
    await using _ = gateway;
    const first = await dispatch(API, calling("a"));
    expect([first.status, first.json.status, first.json.error]).toEqual([200, "failed", error]);
    expect((await dispatch(API, calling("a"))).json).toEqual({ ...first.json, reused: true });
    expect(server.of("tools/call")).toHaveLength(1);
    expect(gateway.control.audited[0]).toMatchObject({ kind: "dispatch", outcome: "failed", code: "-32602" });
  });

  test("with isError is a result, as in MCP", async () => {
    const server = answering((call) => `{"jsonrpc":"2.0","id":${call.idText},"result":{"isError":true,"content":[]}}`);
    const { gateway, dispatch } = await open(server);
    await using _ = gateway;
    expect((await dispatch(API, calling("a"))).json).toMatchObject({ status: "completed", result: { isError: true } });
    expect(gateway.control.audited[0]).toMatchObject({ outcome: "failed", code: "tool_error" });
  });

  test("because nothing was sent leaves its key free", async () => {
    const server = one();
    const { gateway, dispatch } = await open(server);
    await using _ = gateway;
    server.die("it exited with code 1");
    const refused = await dispatch(API, calling("a"));
    expect([refused.status, refused.json.error.code]).toEqual([503, "upstream_unavailable"]);
    expect(gateway.control.tasks.entries.size).toBe(0);
    server.comeBack();
    expect((await dispatch(API, calling("a", { limit: 2 }))).json).toMatchObject({ status: "completed", reused: false });
  });

  test("because the caller has too many in flight leaves its key free", async () => {
    const hanging = Promise.withResolvers<string>();
    const server = answering(() => hanging.promise);
    const limits = { ...DEFAULT_GATEWAY_POLICY.limits, maxConcurrentCallsPerIdentity: 1 };
    const { gateway, dispatch } = await open(server, { policy: { limits } });
    await using _ = gateway;
    const first = dispatch(API, calling("a"), { key: "first" });
    await waitUntil(() => server.of("tools/call").length === 1);
    expect((await dispatch(API, calling("a"), { key: "second" })).status).toBe(429);
    expect(gateway.control.tasks.entries.size).toBe(1);
    hanging.resolve('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect((await first).json.status).toBe("completed");
  });

  test("because its answer is larger than is kept, or than is let through, was carried out and is not repeated", async () => {
    const large = JSON.stringify({ content: [{ type: "text", text: "x".repeat(5000) }] });
    for (const [limits, queue] of [
      [{ maxResultBytes: 10_000 }, { maxResultBytes: 4096 }],
      [{ maxResultBytes: 2048 }, { maxResultBytes: 100_000 }],
    ] as const) {
      const server = answering((call) => `{"jsonrpc":"2.0","id":${call.idText},"result":${large}}`);
      const policy = {
        limits: { ...DEFAULT_GATEWAY_POLICY.limits, ...limits },
        queue: { ...DEFAULT_GATEWAY_POLICY.queue, ...queue },
      };
      const { gateway, dispatch } = await open(server, { policy });
      await using _ = gateway;
      const { status, json } = await dispatch(API, calling("a"));
      expect([status, json.status, json.error.data.reason]).toEqual([200, "failed", "result_too_large"]);
      expect((await dispatch(API, calling("a"))).json).toEqual({ ...json, reused: true });
      expect(server.of("tools/call")).toHaveLength(1);
    }
  });
});

describe("a call that runs", () => {
  async function running(setup: Setup = {}) {
    const hanging = Promise.withResolvers<string>();
    const server = answering(() => hanging.promise);
    const opened = await open(server, setup);
    const first = opened.dispatch(API, calling("a"), { headers: { "x-trace-id": "trace-first" } });
    await waitUntil(() => server.of("tools/call").length === 1);
    const finish = () => hanging.resolve('{"jsonrpc":"2.0","id":1,"result":{"done":true}}');
    return { ...opened, server, first, finish };
  }

  test("is 202 to those who ask for the same, and 409 to those who ask for something else", async () => {
    const { gateway, dispatch, first, finish, server } = await running();
    await using _ = gateway;
    const waiting = await dispatch(API, calling("a"));
    const about = { task_id: expect.stringMatching(/^tsk_/), trace_id: "trace-first", idempotency_key: "k-1", reused: true };
    expect([waiting.status, waiting.json]).toEqual([202, { status: "accepted", ...about }]);
    expect((await dispatch(API, calling("b"))).status).toBe(409);
    finish();
    expect((await first).json).toMatchObject({ status: "completed", task_id: waiting.json.task_id, reused: false });
    expect((await dispatch(API, calling("a"))).json).toMatchObject({ status: "completed", reused: true, result: { done: true } });
    expect(server.of("tools/call")).toHaveLength(1);
  });

  test("goes on when its client has gone, and is found by its key", async () => {
    const hanging = Promise.withResolvers<string>();
    const server = answering(() => hanging.promise);
    const { gateway, dispatch, token } = await open(server);
    await using _ = gateway;
    const url = gateway.listen();
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": "k-1" };
    const gone = fetch(url + API, { method: "POST", headers, body: JSON.stringify(calling("a")), signal: leaving.signal }).catch(String);
    await waitUntil(() => server.of("tools/call").length === 1);
    leaving.abort();
    await gone;
    expect((await dispatch(API, calling("a"))).status).toBe(202);
    expect(server.of("tools/call")[0]?.signal.aborted).toBe(false);
    expect(gateway.gateway.parkedCalls()).toBe(1);
    hanging.resolve('{"jsonrpc":"2.0","id":1,"result":{"done":true}}');
    await waitUntil(() => [...gateway.control.tasks.entries.values()].every(({ outcome }) => outcome !== null));
    await waitUntil(() => gateway.gateway.parkedCalls() === 0);
    expect((await dispatch(API, calling("a"))).json).toMatchObject({ status: "completed", result: { done: true } });
  });

  test("keeps its lease; without a word from its process it has failed with an unknown outcome, and its own answer is that", async () => {
    const queue = { ...DEFAULT_GATEWAY_POLICY.queue, leaseSeconds: 1 };
    const { gateway, dispatch, first, finish, server } = await running({ policy: { queue } });
    await using _ = gateway;
    const { tasks } = gateway.control;
    await waitUntil(() => tasks.renewals.length >= 2);
    gateway.control.taskTime += 1000;
    const lost = await dispatch(API, calling("a"));
    expect(lost.json).toMatchObject({ status: "failed", reused: true, error: { data: { reason: "outcome_unknown" } } });
    finish();
    expect((await first).json).toEqual({ ...lost.json, reused: false });
    expect(server.of("tools/call")).toHaveLength(1);
  });

  test("is ended, and its end kept, when the gateway closes", async () => {
    const { gateway, first, server, finish } = await running();
    const closing = gateway.gateway.close();
    finish();
    await closing;
    expect((await first).json.status).toBe("completed");
    expect([...gateway.control.tasks.entries.values()].map(({ outcome }) => outcome?.state)).toEqual(["finished"]);
    expect(server.closed).toBe(1);
  });
});

test("of a hundred who race for one key one is carried out", async () => {
  const server = one();
  const { gateway, dispatch } = await open(server);
  await using _ = gateway;
  const replies = await Promise.all(Array.from({ length: 100 }, () => dispatch(PROJECT, calling("one__a"))));
  expect(server.of("tools/call")).toHaveLength(1);
  expect(new Set(replies.map(({ json }) => json.task_id)).size).toBe(1);
  expect(replies.filter(({ json }) => json.reused === false)).toHaveLength(1);
  expect(replies.every(({ status }) => status === 200 || status === 202)).toBe(true);
});

test("a server that asks in the midst of a dispatched call finds nobody to ask", async () => {
  const server = one();
  const { gateway, dispatch } = await open(server);
  await using _ = gateway;
  expect((await dispatch(API, calling("a"))).json.status).toBe("completed");
  const [call] = server.of("tools/call");
  expect([call?.era, call?.onQuestion]).toEqual(["legacy", undefined]);
  expect(call?.peer?.capabilities).toEqual({});
});

describe("where tasks cannot be kept", () => {
  test("503 async_unavailable, and nothing is carried out", async () => {
    const server = one();
    const { gateway, dispatch } = await open(server);
    await using _ = gateway;
    gateway.control.tasks.failure = new Error("the database is away");
    const { status, json, headers } = await dispatch(API, calling("a"));
    expect([status, json.error.code, headers.get("retry-after")]).toEqual([503, "async_unavailable", "1"]);
    expect(server.of("tools/call")).toEqual([]);
    expect(gateway.failures.map(({ code }) => code)).toContain("internal");
    gateway.control.tasks.failure = undefined;
    expect((await dispatch(API, calling("a"))).json.reused).toBe(false);
  });

  test("a claim whose answer was lost is released, so that the key is free", async () => {
    const { gateway, dispatch } = await open();
    await using _ = gateway;
    const { tasks } = gateway.control;
    const claim = tasks.claim.bind(tasks);
    tasks.claim = async (wanted) => {
      await claim(wanted);
      throw new Error("the connection broke");
    };
    expect((await dispatch(API, calling("a"))).status).toBe(503);
    await waitUntil(() => tasks.entries.size === 0);
  });

  test("how a call has ended is tried to be kept again, and where it cannot, the answer is what its key will say", async () => {
    const server = one();
    const { gateway, dispatch } = await open(server);
    await using _ = gateway;
    const { tasks } = gateway.control;
    const finish = tasks.finish.bind(tasks);
    let tries = 0;
    tasks.finish = async (lease, outcome) => {
      tries += 1;
      if (tries < 3) throw new Error("the database is away");
      return finish(lease, outcome);
    };
    expect((await dispatch(API, calling("a"))).json).toMatchObject({ status: "completed" });
    expect(tries).toBe(3);
    tasks.finish = async () => {
      throw new Error("the database is away");
    };
    const unknown = await dispatch(API, calling("a"), { key: "k-2" });
    expect(unknown.json).toMatchObject({ status: "failed", error: { data: { reason: "outcome_unknown" } } });
    expect(server.of("tools/call")).toHaveLength(2);
  });
});

test("a gateway that stops takes none", async () => {
  const { gateway, dispatch } = await open();
  await using _ = gateway;
  gateway.gateway.drain();
  const { status, json } = await dispatch(API, calling("a"));
  expect([status, json.error.code]).toEqual([503, "shutting_down"]);
});
