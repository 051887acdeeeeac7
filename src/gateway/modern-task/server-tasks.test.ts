/** Tasks of servers that know the tasks extension themselves, behind the gateway. */
import { expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { openGateway, type Reply, type TestGateway } from "../gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY } from "../policy/gateway-policy.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";

const TASKS = { extensions: { "io.modelcontextprotocol/tasks": {} } };
const BIG = "12345678901234567890";

const paramsOf = ({ paramsText }: UpstreamCall) => JSON.parse(paramsText ?? "{}") as Record<string, unknown>;
const taskText = (type: string, status: string) => `{"resultType":"${type}","taskId":"t 1","status":"${status}","ttlMs":${BIG}}`;

/** A server of the modern era that makes a task of every call. */
function taskServer(capabilities: object = { tools: {}, ...TASKS }) {
  return new ScriptedServer({
    modern: true,
    initialized: { protocolVersion: "2026-07-28", capabilities: { ...capabilities } },
    lists: { tools: [toolText("a")] },
    answers: {
      "tools/call": (call) => resultMessage(call.idText, taskText("task", "working")),
      "tasks/get": (call) => resultMessage(call.idText, taskText("complete", "completed")),
      "tasks/cancel": (call) => resultMessage(call.idText, '{"resultType":"complete"}'),
    },
  });
}

function clientOf(gateway: TestGateway, token = gateway.token) {
  const client = gateway.modern({ token });
  const call = (name: string, capabilities: object = TASKS) => client.request("tools/call", { name }, { capabilities });
  const ask = (method: string, taskId: unknown, more: object = {}) => client.request(method, { taskId, ...more }, { capabilities: TASKS });
  return { client, call, ask };
}

test("a server's own task passes as it is, but for an id that only its caller can use", async () => {
  const [one, two] = [taskServer(), taskServer()];
  await using gateway = await openGateway({ servers: { one, two } });
  const { client, ask } = clientOf(gateway);
  const sent = await client.send("tools/call", { name: "two__a" }, { capabilities: TASKS });
  const text = await sent.text();
  const { taskId } = (JSON.parse(text) as Reply).result as { taskId: string };
  expect(taskId).toStartWith("mcpctltask1.");
  expect(text).toBe(resultMessage("1", taskText("task", "working").replace('"t 1"', JSON.stringify(taskId))));
  const asked = await client.send("tasks/get", { taskId }, { capabilities: TASKS });
  expect(await asked.text()).toBe(resultMessage("2", taskText("complete", "completed").replace('"t 1"', JSON.stringify(taskId))));
  const update = { inputResponses: { k: { action: "accept" } } };
  await ask("tasks/update", taskId, update);
  expect((await ask("tasks/cancel", taskId)).result).toEqual({ resultType: "complete" });
  expect(two.calls.map(({ method }) => method).filter((method) => method.startsWith("tasks/"))).toEqual([
    "tasks/get",
    "tasks/update",
    "tasks/cancel",
  ]);
  expect(two.of("tasks/update").map(paramsOf)).toMatchObject([{ taskId: "t 1", ...update }]);
  expect(one.calls.filter(({ method }) => method.startsWith("tasks/") || method === "tools/call")).toEqual([]);
  expect((await client.request("server/discover")).result.capabilities).toMatchObject(TASKS);
});

test("nobody else can use its id, and its caller not once it may not use the server", async () => {
  const server = taskServer();
  await using gateway = await openGateway({ servers: { one: server } });
  const { call, ask } = clientOf(gateway);
  const { taskId } = (await call("one__a")).result as { taskId: string };
  const stranger = clientOf(gateway, gateway.control.issue("demo"));
  const unknown = (await ask("tasks/get", "tsk_none")).error as NonNullable<Reply["error"]>;
  expect(unknown.code).toBe(-32602);
  const last = taskId.at(-1) === "A" ? "B" : "A";
  expect((await stranger.ask("tasks/get", taskId)).error).toEqual(unknown);
  expect((await ask("tasks/get", taskId.slice(0, -1) + last)).error).toEqual(unknown);
  const grant = gateway.control.grants.get(gateway.token);
  if (grant === undefined) throw new Error("the token opens nothing");
  gateway.control.grants.set(gateway.token, {
    ...grant,
    bindings: grant.bindings.filter(({ binding }) => !("role" in binding && binding.role === "run")),
  });
  gateway.gateway.pipeline.grants.drop();
  expect((await ask("tasks/get", taskId)).error).toEqual(unknown);
  expect(server.of("tasks/get")).toEqual([]);
});

test("a client that does not know tasks is not offered to its server as one, and gets -32021 where it asks for one", async () => {
  const server = taskServer();
  await using gateway = await openGateway({ servers: { one: server } });
  const { call, client } = clientOf(gateway);
  await call("one__a", {});
  expect(server.of("tools/call")[0]?.paramsText).not.toContain("tasks");
  expect((await client.request("tasks/get", { taskId: "mcpctltask1.x" })).error?.code).toBe(-32021);
});

test("a call of a server that knows tasks does not become one of the gateway's, and another server is not told of them", async () => {
  const policy = { ...DEFAULT_GATEWAY_POLICY, dispatch: { autoAfterSeconds: 0.01 } };
  const [knowing, other] = [taskServer(), taskServer({ tools: {} })];
  await using gateway = await openGateway({ servers: { knowing, other }, policy });
  const { call } = clientOf(gateway);
  await call("knowing__a");
  await call("other__a");
  expect(gateway.control.tasks.entries.size).toBe(0);
  expect(knowing.of("tools/call")[0]?.paramsText).toContain("io.modelcontextprotocol/tasks");
  expect(other.of("tools/call")[0]?.paramsText).not.toContain("io.modelcontextprotocol/tasks");
});
