/** Calls of modern clients that become tasks: the tasks extension of 2026-07-28. */
import { describe, expect, test } from "bun:test";
import { MISSING_CLIENT_CAPABILITY } from "../../mcp/eras/2026-07-28/error-codes.ts";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { openGateway, type Reply, readEvents, type Setup, type TestGateway } from "../gateway.fixture.ts";
import { LinkPair } from "../link/link-pair.fixture.ts";
import { DEFAULT_GATEWAY_POLICY } from "../policy/gateway-policy.ts";
import { ScriptedServer } from "../scripted-upstream.fixture.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { waitUntil } from "../wait-until.fixture.ts";

const TASKS = { extensions: { "io.modelcontextprotocol/tasks": {} } };
const AFTER = { dispatch: { autoAfterSeconds: 0.02 } };
const DONE = `{"content":[{"type":"text","text":"done"}],"big":12345678901234567890}`;

/** A server whose calls of tool `a` are answered when the test says so. */
function slow() {
  const waiting: { readonly call: UpstreamCall; readonly answer: (text: string) => void }[] = [];
  const server = new ScriptedServer({
    lists: { tools: ['{"name":"a","inputSchema":{"type":"object"}}'] },
    answers: {
      "tools/call": (call) =>
        new Promise((resolve) => {
          waiting.push({ call, answer: (text) => resolve(text) });
        }),
    },
  });
  const finish = (result = DONE) => {
    for (const { call, answer } of waiting.splice(0)) answer(resultMessage(call.idText, result));
  };
  return { server, waiting, finish };
}

async function setup(more: Partial<Setup> = {}) {
  const played = slow();
  const gateway = await openGateway({ servers: { one: played.server }, policy: AFTER, ...more });
  return { ...played, gateway, ...clientOf(gateway) };
}

function clientOf(gateway: TestGateway, token = gateway.token) {
  const client = gateway.modern({ token });
  const call = (capabilities: object = TASKS) => client.request("tools/call", { name: "one__a", arguments: {} }, { capabilities });
  const ask = (method: string, taskId: unknown, more: object = {}, capabilities: object = TASKS) =>
    client.request(method, { taskId, ...more }, { capabilities });
  const get = async (taskId: unknown) => (await ask("tasks/get", taskId)).result as Record<string, unknown>;
  return { client, call, ask, get };
}

type Get = (taskId: unknown) => Promise<Record<string, unknown>>;

/** The task once it has this status. */
async function reached(get: Get, taskId: unknown, status: string): Promise<Record<string, unknown>> {
  for (let task = await get(taskId); ; task = await get(taskId)) {
    if (task.status === status) return task;
    await Bun.sleep(2);
  }
}

const idOf = ({ result }: Reply) => String(result.taskId);

describe("a call that takes long", () => {
  test("becomes a task that its client asks for, and is carried out once", async () => {
    const { gateway, call, get, server, finish } = await setup();
    const created = (await call()).result;
    expect(created).toMatchObject({ resultType: "task", status: "working", ttlMs: expect.any(Number), pollIntervalMs: 2000 });
    const { taskId } = created;
    expect(taskId).toMatch(/^tsk_[0-9A-Za-z]{30}$/);
    expect(await get(taskId)).toMatchObject({ resultType: "complete", taskId, status: "working" });
    finish();
    const done = await reached(get, taskId, "completed");
    expect(done).toMatchObject({ resultType: "complete", taskId, status: "completed", result: { content: [{ text: "done" }] } });
    expect(server.of("tools/call")).toHaveLength(1);
    const [entry] = [...gateway.control.tasks.entries.values()];
    expect(entry?.claim).toMatchObject({ taskId, method: "tools/call", place: { project: "demo", server: null, tool: "one__a" } });
    expect(entry?.outcome).toEqual({ state: "finished", text: DONE });
    await gateway.gateway.close();
  });

  test("goes on when its client has gone, and is answered as ever where the client knows no tasks, or it is quick", async () => {
    const { gateway, call, client, get, waiting, finish, server } = await setup();
    const plain = call({});
    await waitUntil(() => waiting.length === 1);
    await Bun.sleep(150);
    finish();
    expect((await plain).result).toMatchObject({ content: [{ text: "done" }] });
    const quick = call();
    await waitUntil(() => waiting.length === 1);
    finish();
    expect((await quick).result).not.toHaveProperty("taskId");
    const leaving = new AbortController();
    const options = { capabilities: TASKS, signal: leaving.signal };
    const created = (await (await client.send("tools/call", { name: "one__a", arguments: {} }, options)).json()) as Reply;
    leaving.abort();
    finish();
    await reached(get, idOf(created), "completed");
    expect(server.of("tools/call").map(({ signal }) => signal.aborted)).toEqual([false, false, false]);
    await gateway.gateway.close();
  });

  test("becomes none where that is off, where nobody keeps tasks, or where they cannot be kept now", async () => {
    const off = await setup({ policy: DEFAULT_GATEWAY_POLICY });
    const answer = off.call();
    await waitUntil(() => off.waiting.length === 1);
    await Bun.sleep(100);
    off.finish();
    expect((await answer).result).toMatchObject({ content: [{ text: "done" }] });
    expect((await off.ask("tasks/get", "tsk_1")).error?.code).toBe(-32601);
    expect((await off.client.request("server/discover")).result.capabilities).not.toHaveProperty("extensions");
    await off.gateway.gateway.close();

    const away = await setup();
    away.gateway.control.tasks.failure = new Error("the database is away");
    const kept = away.call();
    await waitUntil(() => away.gateway.failures.length > 0);
    away.finish();
    expect((await kept).result).toMatchObject({ content: [{ text: "done" }] });
    expect((await away.ask("tasks/get", "tsk_1")).error).toMatchObject({ code: "async_unavailable" } as never);
    await away.gateway.gateway.close();
  });

  test("that fails has failed as a task, with the server's error", async () => {
    const { gateway, call, get, waiting } = await setup();
    const taskId = idOf(await call());
    const [pending] = waiting.splice(0);
    pending?.answer(`{"jsonrpc":"2.0","id":${pending.call.idText},"error":{"code":-32000,"message":"no luck"}}`);
    const failed = await reached(get, taskId, "failed");
    expect(failed).toMatchObject({ statusMessage: "no luck", error: { code: -32000, message: "no luck" } });
    await gateway.gateway.close();
  });

  test("is offered in server/discover", async () => {
    const { gateway, client } = await setup();
    expect((await client.request("server/discover")).result.capabilities).toMatchObject(TASKS);
    await gateway.gateway.close();
  });
});

describe("a task", () => {
  test("is its principal's alone, and of a client that says that it knows tasks", async () => {
    const { gateway, call, ask, finish } = await setup();
    const taskId = idOf(await call());
    const stranger = clientOf(gateway, gateway.control.issue("demo"));
    const unknown = (await ask("tasks/get", "tsk_none")).error;
    expect(unknown?.code).toBe(-32602);
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      expect((await stranger.ask(method, taskId, { inputResponses: {} })).error).toEqual(unknown as NonNullable<Reply["error"]>);
      const undeclared = await ask(method, taskId, { inputResponses: {} }, {});
      expect(undeclared.error).toMatchObject({ code: MISSING_CLIENT_CAPABILITY, data: { requiredCapabilities: TASKS } });
    }
    finish();
    await gateway.gateway.close();
  });

  test("is canceled: its server is told, and it ends as canceled", async () => {
    const { gateway, call, ask, get, server } = await setup();
    const taskId = idOf(await call());
    expect((await ask("tasks/cancel", taskId)).result).toMatchObject({ resultType: "complete" });
    const canceled = await reached(get, taskId, "cancelled");
    expect(canceled).not.toHaveProperty("error");
    expect(server.of("tools/call")[0]?.signal.aborted).toBe(true);
    expect((await ask("tasks/cancel", taskId)).result).toMatchObject({ resultType: "complete" });
    await gateway.gateway.close();
  });

  test("says how far its server is", async () => {
    const { gateway, client, get, waiting, finish } = await setup();
    const options = { capabilities: TASKS, meta: { progressToken: "p" } };
    const { taskId } = (await client.request("tools/call", { name: "one__a", arguments: {} }, options)).result;
    const params = { progressToken: "p", progress: 3, message: "reading" };
    waiting[0]?.call.onNotification?.(JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params }));
    expect(await get(taskId)).toMatchObject({ status: "working", statusMessage: "reading" });
    finish();
    await gateway.gateway.close();
  });

  test("asks its client: what is asked stands in it, and its execution goes on with the answers", async () => {
    const replies: unknown[] = [];
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const server = new ScriptedServer({
      lists: { tools: ['{"name":"a"}'] },
      answers: {
        "tools/call": async (call) => {
          await begun;
          replies.push(await call.onQuestion?.({ method: "elicitation/create", paramsText: '{"message":"Who?"}' }));
          return resultMessage(call.idText, DONE);
        },
      },
    });
    await using gateway = await openGateway({ servers: { one: server }, policy: AFTER });
    const { call, get, ask } = clientOf(gateway);
    const taskId = idOf(await call({ ...TASKS, elicitation: {} }));
    begin();
    const asking = await reached(get, taskId, "input_required");
    expect(asking.inputRequests).toEqual({ q1: { method: "elicitation/create", params: { message: "Who?" } } });
    await ask("tasks/update", taskId, { inputResponses: { none: { action: "accept" } } });
    expect((await get(taskId)).status).toBe("input_required");
    const answer = { action: "accept", content: { name: "Ann" } };
    expect((await ask("tasks/update", taskId, { inputResponses: { q1: answer } })).result).toMatchObject({ resultType: "complete" });
    await reached(get, taskId, "completed");
    expect(replies).toEqual([{ resultText: JSON.stringify(answer) }]);
    expect(server.of("tools/call")).toHaveLength(1);
  });

  test("is told of on a stream of changes until it has ended", async () => {
    const { gateway, call, client, finish } = await setup();
    const taskId = idOf(await call());
    const notifications = { taskIds: [taskId, "tsk_none"] };
    const undeclared = await client.request("subscriptions/listen", { notifications }, { capabilities: {} });
    expect(undeclared.error?.code).toBe(MISSING_CLIENT_CAPABILITY);
    const stream = readEvents(
      await client.send("subscriptions/listen", { notifications }, { capabilities: TASKS, accept: "text/event-stream" }),
    );
    expect(await stream.next()).toMatchObject({ params: { notifications: { taskIds: [taskId] } } });
    expect(await stream.next()).toMatchObject({ method: "notifications/tasks", params: { taskId, status: "working" } });
    finish();
    expect(await stream.next()).toMatchObject({ params: { taskId, status: "completed", result: { content: [{ text: "done" }] } } });
    await stream.cancel();
    await gateway.gateway.close();
  });

  test("is asked for, asked back and canceled at another process, and found there when it has ended", async () => {
    const pair = new LinkPair();
    const { server, finish, waiting } = slow();
    const selves = ["aaaaaaaa", "bbbbbbbb"];
    const shared: Setup = { servers: { one: server }, policy: AFTER, link: () => pair.of(selves.shift() ?? "cccccccc") };
    await using here = await openGateway(shared);
    await using there = await here.restart();
    const [mine, theirs] = [clientOf(here), clientOf(there)];
    const first = idOf(await mine.call());
    const params = { progressToken: "p", progress: 3, message: "reading" };
    waiting[0]?.call.onNotification?.(JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params }));
    expect(first).toEndWith("aaaaaaaa");
    expect(await theirs.get(first)).toMatchObject({ status: "working", statusMessage: "reading" });
    finish();
    await reached(theirs.get, first, "completed");
    const second = idOf(await mine.call());
    await theirs.ask("tasks/cancel", second);
    await reached(theirs.get, second, "cancelled");
    expect(await pair.forge("aaaaaaaa", { kind: "task", target: second, principalId: "token:other", message: "{}" })).toEqual({
      held: false,
    });
  });

  test("ends when the gateway does, and how is kept", async () => {
    const { gateway, call } = await setup();
    await call();
    await gateway.gateway.close();
    const [entry] = [...gateway.control.tasks.entries.values()];
    expect(entry?.outcome?.state).toBe("failed");
  });
});
