/** Calls that wait: what is told of them, and what becomes of them when they are carried out. */
import { describe, expect, test } from "bun:test";
import type { RoleBinding } from "../../core/permission.ts";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { openGateway, type Setup } from "../gateway.fixture.ts";
import { ScriptedServer, type ServerScript, toolText } from "../scripted-upstream.fixture.ts";
import type { MadeCall, PreparedCall, WaitingCall } from "./prepare-call.ts";

const DISPATCHER: readonly RoleBinding[] = [
  { role: "view", resource: "servers" },
  { role: "run", resource: "servers" },
  { role: "view", resource: "prompts" },
  { action: "dispatch" },
];

async function open(script: ServerScript = {}, setup: Setup = {}) {
  const server = new ScriptedServer({ lists: { tools: [toolText("a"), toolText("b")] }, ...script });
  const gateway = await openGateway({ servers: { one: server }, ...setup });
  gateway.control.tasks.queues = true;
  const token = gateway.control.issue("demo", { bindings: DISPATCHER });
  const send = async (method: string, path: string, body?: object, own = token) => {
    const headers = { authorization: `Bearer ${own}`, "content-type": "application/json", "idempotency-key": "k-1" };
    const response = await gateway.fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, text, json: JSON.parse(text), traceId: response.headers.get("x-trace-id") };
  };
  return { server, gateway, token, send };
}

const calling = (name: string) => ({ method: "tools/call", params: { name, arguments: { n: 1 } } });

describe.each([
  ["/projects/demo", "one__a"],
  ["/api/v1/mcp/one", "a"],
  ["/emcp/one", "a"],
] as const)("%s", (base, tool) => {
  test("accepts a call with a task and its trace, and carries nothing out while its request waits", async () => {
    const { gateway, server, send } = await open();
    await using _ = gateway;
    const a = await send("POST", `${base}/dispatch`, calling(tool));
    const task_id = a.json.task_id;
    expect([a.status, a.json]).toEqual([202, { status: "accepted", task_id, trace_id: a.traceId, idempotency_key: "k-1", reused: false }]);
    const b = await send("POST", `${base}/dispatch`, calling(tool));
    expect([b.status, b.json]).toEqual([202, { ...a.json, reused: true }]);
    expect((await send("POST", `${base}/dispatch`, calling("other"))).status).toBe(409);
    expect(server.calls.filter(({ method }) => method === "tools/call")).toEqual([]);
  });

  test("lists, shows and cancels the caller's own tasks; another's are not there", async () => {
    const { gateway, send } = await open();
    await using _ = gateway;
    const other = gateway.control.issue("demo", { bindings: DISPATCHER });
    const { task_id } = (await send("POST", `${base}/dispatch`, calling(tool))).json;
    const path = `${base}/tasks/${task_id}`;
    expect((await send("GET", path)).json).toMatchObject({ id: task_id, state: "queued", tool, method: "tools/call", project: "demo" });
    expect((await send("GET", `${base}/tasks?limit=1`)).json).toMatchObject({ tasks: [{ id: task_id }], next: task_id });
    expect((await send("GET", `${base}/tasks?state=failed`)).json).toEqual({ tasks: [], next: null });
    for (const [method, at] of [
      ["GET", path],
      ["POST", `${path}/cancel`],
      ["GET", `${base}/tasks/tsk_unknown`],
    ] as const) {
      const refused = await send(method, at, undefined, at.endsWith("unknown") ? undefined : other);
      expect([refused.status, refused.json.error.code]).toEqual([404, "not_found"]);
    }
    expect((await send("GET", `${base}/tasks`, undefined, other)).json.tasks).toEqual([]);
    expect((await send("POST", `${path}/cancel`)).json).toMatchObject({ state: "canceled", error: { data: { reason: "canceled" } } });
    for (const query of ["limit=0", "limit=201", "limit=x", "state=lost", "after="])
      expect((await send("GET", `${base}/tasks?${query}`)).json.error.code).toBe("invalid_payload");
    expect((await send("DELETE", path)).status).toBe(405);
  });
});

/** What was told of the task, as a worker takes it up. */
function waiting({ gateway }: Awaited<ReturnType<typeof open>>): WaitingCall {
  const [entry] = gateway.control.tasks.entries.values();
  const later = entry?.claim.later;
  if (entry === undefined || later === undefined) throw new Error("nothing waits");
  const { taskId, traceId, target, method } = entry.claim;
  const { params, project, server, grant } = later;
  return { taskId, traceId, target, method, params, project, server, grant };
}

function prepared(call: PreparedCall | MadeCall): PreparedCall {
  if (call.kind !== "prepared") throw new Error(`it is ${call.kind}`);
  return call;
}

const running = () => ({ signal: new AbortController().signal, onProgress: () => {}, keepResult: async () => undefined });
const reasonOf = (end: PreparedCall | MadeCall) => (end.kind === "prepared" ? end.kind : JSON.parse(end.outcome.text).data.reason);

describe("a call that waited", () => {
  test("is carried out with its params as they came, asks how far it is, and is written down with its task and trace", async () => {
    const progress: unknown[] = [];
    const world = await open({
      answers: {
        "tools/call": (call) => {
          call.onNotification?.(
            '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1,"total":4}}',
          );
          return resultMessage(call.idText, '{"content":[],"n":12345678901234567890}');
        },
      },
    });
    await using gateway = world.gateway;
    const accepted = await world.send("POST", "/projects/demo/dispatch", calling("one__a"));
    const call = prepared(gateway.gateway.prepareCall(waiting(world)));
    const end = await call.carryOut({ ...running(), onProgress: (one) => void progress.push(one) });
    expect(end).toEqual({ kind: "ended", outcome: { state: "finished", text: '{"content":[],"n":12345678901234567890}' } });
    expect(progress).toEqual([{ progress: 1, total: 4 }]);
    const [sent] = world.server.calls.filter(({ method }) => method === "tools/call");
    expect(sent?.paramsText).toContain('"name":"a","arguments":{"n":1}');
    expect(gateway.control.audited.at(-1)).toMatchObject({
      kind: "dispatch",
      outcome: "ok",
      server: "one",
      tool: "a",
      traceId: accepted.traceId,
      detail: { task: accepted.json.task_id, reused: false },
    });
  });

  test("may be repeated where its tool says so, and reading may always be", async () => {
    const hinted = '{"name":"a","inputSchema":{"type":"object"},"annotations":{"idempotentHint":true}}';
    const world = await open({ lists: { tools: [hinted, toolText("b")], prompts: ['{"name":"p"}'] } });
    await using gateway = world.gateway;
    await world.send("POST", "/projects/demo/dispatch", calling("one__a"));
    const call = waiting(world);
    const isRepeatable = (method: string, name: string) =>
      prepared(gateway.gateway.prepareCall({ ...call, method, params: JSON.stringify({ name }) })).repeatable;
    expect([isRepeatable("tools/call", "one__a"), isRepeatable("tools/call", "one__b"), isRepeatable("prompts/get", "one__p")]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test("is judged anew: without the right, the action or the scope, or for another server under the name, nothing is carried out", async () => {
    const world = await open();
    await using gateway = world.gateway;
    await world.send("POST", "/api/v1/mcp/one/dispatch", calling("a"));
    const call = waiting(world);
    const judge = (changes: Partial<WaitingCall>) => reasonOf(gateway.gateway.prepareCall({ ...call, ...changes }));
    const withBindings = (bindings: readonly RoleBinding[]) => ({
      grant: { ...call.grant, bindings: bindings.map((binding) => ({ binding, source: "test" })) },
    });
    expect([
      judge({}),
      judge(withBindings(DISPATCHER.slice(0, 3))),
      judge(withBindings([{ role: "view", resource: "servers" }, { action: "dispatch" }])),
      judge(withBindings([])),
      judge({ grant: { ...call.grant, scopes: ["mcp:read"] } }),
      judge({ target: "server:srv_before" }),
      judge({ server: "gone" }),
    ]).toEqual(["prepared", "forbidden", "forbidden", "server_not_found", "scope_denied", "not_found", "server_not_found"]);
    expect(world.server.calls.filter(({ method }) => method === "tools/call")).toEqual([]);
  });

  test("has failed where its result is too large for a task, and the whole of it is kept elsewhere", async () => {
    const kept: string[] = [];
    const keepResult = async (text: string) => {
      kept.push(text);
      return "tsk.json";
    };
    const result = `{"content":[],"x":"${"y".repeat(300 * 1024)}"}`;
    const world = await open({ answers: { "tools/call": ({ idText }) => resultMessage(idText, result) } });
    await using gateway = world.gateway;
    await world.send("POST", "/projects/demo/dispatch", calling("one__a"));
    const end = await prepared(gateway.gateway.prepareCall(waiting(world))).carryOut({ ...running(), keepResult });
    expect(end.kind).toBe("ended");
    expect(JSON.parse(end.outcome.text).data).toEqual({ reason: "result_too_large", bytes: result.length, file: "tsk.json" });
    expect(kept).toEqual([result]);
  });

  test("that could not be sent is not made, and one that was aborted is in doubt", async () => {
    const world = await open();
    await using gateway = world.gateway;
    await world.send("POST", "/projects/demo/dispatch", calling("one__a"));
    const call = waiting(world);
    world.server.hang();
    const aborting = new AbortController();
    const aborted = prepared(gateway.gateway.prepareCall(call)).carryOut({ ...running(), signal: aborting.signal });
    aborting.abort();
    expect((await aborted).kind).toBe("in doubt");
    world.server.die("it was killed");
    expect((await prepared(gateway.gateway.prepareCall(call)).carryOut(running())).kind).toBe("not made");
  });
});
