/** Calls that take long become tasks of their modern client, on a real gateway before a real process. */
import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { META } from "../../src/mcp/eras/2026-07-28/meta-keys.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { ModernCaller } from "./support/modern-caller.ts";
import { MEMBER, RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import { startTaskServer } from "./support/task-server.ts";
import type { Ready, UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const TASKS = { [META.clientCapabilities]: { extensions: { "io.modelcontextprotocol/tasks": {} } } };

const scratch = new Scratch("modern-tasks");
let token = "";
let stranger = "";
/** The first start alone tells it. */
let password: Ready["admin"];

beforeAll(async () => {
  const ready = await start().ready();
  password = ready.admin;
  const admin = await RestCaller.logIn(ready);
  const script = join(import.meta.dirname, "fixtures/counting-server.ts");
  const backing = { kind: "stdio", command: process.execPath, args: [script, scratch.path("count")], env: {} };
  await admin.send("POST", "/servers", { handle: "counting", backing, projects: ["demo"] });
  token = await admin.makeToken("runner", "demo", MEMBER);
  stranger = await admin.makeToken("stranger", "demo", MEMBER);
  await serves(ready.gateway);
  await running?.stop();
}, LIMIT_MS);

let running: UpProcess | undefined;

function start(): UpProcess {
  const config = scratch.path("mcpctl.toml");
  const tables = [
    `[stdio]\ncommands = [${JSON.stringify(process.execPath)}]`,
    "[queue]\nlease_seconds = 2",
    "[dispatch]\nauto_after_seconds = 0.3",
  ];
  writeFileSync(config, `${tables.join("\n")}\n`);
  rmSync(scratch.path("up.ready.json"), { force: true });
  running = scratch.upWithReadyFile("up", { args: ["--config", config] });
  return running;
}

function serves(gateway: string): Promise<unknown> {
  return waitUntil("the server is served", async () =>
    (await (await McpCaller.open(`${gateway}/projects/demo/mcp`, token)).toolNames()).includes("counting__count"),
  );
}

function counted(): readonly string[] {
  const file = scratch.path("count");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

function clientOf(gateway: string, credential = token) {
  const caller = new ModernCaller(`${gateway}/projects/demo/mcp`, credential);
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON a test expects.
  const request = async (method: string, params: object): Promise<any> => (await caller.send(method, { ...params }, TASKS)).json();
  const call = async (name: string) => (await request("tools/call", { name, arguments: {} })).result;
  const get = async (taskId: string) => (await request("tasks/get", { taskId })).result;
  return { request, call, get };
}

test(
  "a slow call becomes a task of its caller, is carried out once, and ends with its result or is canceled",
  async () => {
    const { gateway } = await start().ready();
    await serves(gateway);
    const { request, call, get } = clientOf(gateway);
    const before = counted().length;
    expect((await call("counting__count")).content).toHaveLength(1);
    const created = await call("counting__count_slowly");
    expect(created).toMatchObject({ resultType: "task", status: "working" });
    expect(await get(created.taskId)).toMatchObject({ taskId: created.taskId, status: "working" });
    expect((await clientOf(gateway, stranger).request("tasks/get", { taskId: created.taskId })).error.code).toBe(-32602);
    writeFileSync(scratch.path("count.go"), "");
    const done = await waitUntil("it has ended", async () => {
      const task = await get(created.taskId);
      return task.status === "completed" && task;
    });
    expect(done.result.content).toEqual([{ type: "text", text: String(before + 2) }]);
    const hanging = await call("counting__count_and_hang");
    expect((await request("tasks/cancel", { taskId: hanging.taskId })).result).toMatchObject({ resultType: "complete" });
    await waitUntil("it is canceled", async () => (await get(hanging.taskId)).status === "cancelled");
    expect(counted().slice(before)).toEqual(["count", "count_slowly", "count_and_hang"]);
    expect(await running?.stop()).toBe(0);
  },
  LIMIT_MS,
);

test(
  "a task whose gateway is killed has failed with an unknown outcome once it runs again, and is never carried out again",
  async () => {
    const first = start();
    const ready = await first.ready();
    await serves(ready.gateway);
    const before = counted().length;
    const { taskId } = await clientOf(ready.gateway).call("counting__count_and_hang");
    first.signal("SIGKILL");
    await first.ended();
    const { gateway } = await start().ready();
    await serves(gateway);
    const { get } = clientOf(gateway);
    const lost = await waitUntil("its lease is over", async () => {
      const task = await get(taskId);
      return task.status === "failed" && task;
    });
    expect(lost.error.data).toEqual({ reason: "outcome_unknown" });
    expect(counted().slice(before)).toEqual(["count_and_hang"]);
    expect(await running?.stop()).toBe(0);
  },
  LIMIT_MS,
);

test(
  "a task of a server that makes tasks itself reaches its caller, and nobody else by its id",
  async () => {
    using server = startTaskServer();
    const ready = await start().ready();
    const admin = await RestCaller.logIn({ api: ready.api, admin: password });
    await admin.send("POST", "/servers", { handle: "long", backing: { kind: "url", url: server.url }, projects: ["demo"] });
    const { request, call, get } = clientOf(ready.gateway);
    const created = await waitUntil("the server is served", async () => {
      const result = await call("long__long");
      return result?.resultType === "task" && result;
    });
    expect(created.status).toBe("working");
    expect(await request("tasks/get", { taskId: created.taskId })).toMatchObject({ result: { status: "working" } });
    const done = await get(created.taskId);
    expect(done).toMatchObject({ taskId: created.taskId, status: "completed", result: { content: [{ text: "in the end" }] } });
    expect((await clientOf(ready.gateway, stranger).request("tasks/get", { taskId: created.taskId })).error.code).toBe(-32602);
    const polls = server.asked.filter(({ method }) => method === "tasks/get");
    expect(polls).toHaveLength(2);
    expect(polls.every(({ name }) => name !== null && !name.startsWith("mcpctltask"))).toBe(true);
    expect((await request("server/discover", {})).result.capabilities.extensions).toEqual({ "io.modelcontextprotocol/tasks": {} });
    expect(await running?.stop()).toBe(0);
  },
  LIMIT_MS,
);
