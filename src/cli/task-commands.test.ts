import { expect, test } from "bun:test";
import type { TaskView } from "../api/dispatch-task.ts";
import { captureWithApi } from "./captured-cli.fixture.ts";
import { type FakeCall, fakeApi, refuse } from "./fake-api.fixture.ts";

const AT = "2026-06-01T10:00:00.000Z";

function task(id: string, changes: Partial<TaskView> = {}): TaskView {
  const times = { created_at: AT, updated_at: AT, started_at: null, finished_at: null, expires_at: "2026-06-02T10:00:00.000Z" };
  const about = { idempotency_key: `key-${id}`, trace_id: "t", priority: "normal", attempts: 0, max_attempts: 3 } as const;
  const call = { project: "demo", server: null, method: "tools/call", tool: "content__search" };
  return { id, state: "queued", ...call, ...about, progress: null, cancel_requested: false, ...times, ...changes };
}

function apiOf(...tasks: readonly TaskView[]) {
  const find = ({ params }: FakeCall) => {
    const found = tasks.find(({ id }) => id === params.id);
    if (found === undefined) throw refuse(404, "TASK_UNKNOWN", `You have no task ${params.id}`);
    return found;
  };
  const list = ({ query }: FakeCall) => ({
    items: tasks.filter((each) => (query.state ?? each.state) === each.state && (query.project ?? each.project) === each.project),
    nextCursor: null,
  });
  return fakeApi({}, { "tasks.list": list, "tasks.get": find, "tasks.cancel": (call) => ({ ...find(call), state: "canceled" }) });
}

const rowsOf = (text: string) => text.split("\n").map((line) => line.split(/ {2,}/));

test("get tasks shows one's own dispatched calls, with how far they are", async () => {
  const api = apiOf(
    task("tsk_1", { state: "running", progress: { progress: 3, total: 10, message: "reading" } }),
    task("tsk_2", { state: "running", cancel_requested: true, project: null, server: "files", method: "resources/read", tool: null }),
    task("tsk_3", { state: "finished", progress: { progress: 7 } }),
  );
  expect(rowsOf((await captureWithApi(["get", "tasks"], api)).stdout)).toEqual([
    ["ID", "STATE", "PROJECT", "SERVER", "CALL", "PROGRESS", "AGE"],
    ["tsk_1", "running", "demo", "-", "content__search", "3/10 reading", "120m"],
    ["tsk_2", "canceling", "-", "files", "resources/read", "-", "120m"],
    ["tsk_3", "finished", "demo", "-", "content__search", "7", "120m"],
    [""],
  ]);
  const [header, first] = rowsOf((await captureWithApi(["get", "tasks", "-o", "wide"], api)).stdout);
  expect([header?.slice(7), first?.slice(7)]).toEqual([
    ["PRIORITY", "ATTEMPTS", "EXPIRES", "KEY", "TRACE"],
    ["normal", "0/3", "in 22h", "key-tsk_1", "t"],
  ]);
  const { items } = JSON.parse((await captureWithApi(["get", "tasks", "-o", "json"], api)).stdout);
  expect(items[0]).toEqual(task("tsk_1", { state: "running", progress: { progress: 3, total: 10, message: "reading" } }));
  expect((await captureWithApi(["get", "tasks", "-o", "yaml"], api)).stdout).toContain("kind: task\nid: tsk_1\nstate: running\n");
});

test("get tasks is narrowed down by project and state", async () => {
  const api = apiOf(task("tsk_1"), task("tsk_2", { state: "failed" }), task("tsk_3", { project: "shop" }));
  expect((await captureWithApi(["get", "tasks", "--state", "failed", "-o", "name"], api)).stdout).toBe("task/tsk_2\n");
  expect((await captureWithApi(["get", "tasks", "-p", "shop", "-o", "name"], api)).stdout).toBe("task/tsk_3\n");
  expect(await captureWithApi(["get", "tasks", "--state", "lost"], api)).toMatchObject({ exitCode: 2, stdout: "" });
  expect(await captureWithApi(["get", "tasks", "--owner", "ada"], api)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("filters of tasks are --project, --state"),
  });
});

test("describe task shows all of it with what came of it", async () => {
  const result = { content: [{ type: "text", text: "found" }] };
  const api = apiOf(task("tsk_1", { state: "finished", result }));
  const { exitCode, stdout } = await captureWithApi(["describe", "task", "tsk_1"], api);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Kind: +task$/m);
  expect(stdout).toMatch(/^Idempotency key: +key-tsk_1$/m);
  expect(stdout).toMatch(/^Created at: +2026-06-01T10:00:00.000Z \(120m ago\)$/m);
  expect(stdout).toMatch(/^Result: +content: \{"type":"text","text":"found"\}$/m);
  expect(JSON.parse((await captureWithApi(["describe", "task/tsk_1", "-o", "json"], api)).stdout).result).toEqual(result);
  expect(await captureWithApi(["describe", "task", "tsk_9"], api)).toMatchObject({
    exitCode: 1,
    stderr: "error: You have no task tsk_9\n",
  });
});

test("cancel takes tasks back, each on its own", async () => {
  const api = apiOf(task("tsk_1"), task("tsk_2"));
  expect(await captureWithApi(["cancel", "task", "tsk_1"], api)).toEqual({ exitCode: 0, stdout: "task/tsk_1 canceled\n", stderr: "" });
  expect(await captureWithApi(["cancel", "task/tsk_2"], api)).toMatchObject({ exitCode: 0, stdout: "task/tsk_2 canceled\n" });
  const some = await captureWithApi(["cancel", "task", "tsk_1", "tsk_9"], api);
  expect([some.exitCode, some.stdout]).toEqual([3, "task/tsk_1 canceled\n"]);
  expect(some.stderr).toContain("You have no task tsk_9");
  expect((await captureWithApi(["cancel", "task", "tsk_9"], api)).exitCode).toBe(1);
  expect(api.changes().length).toBe(5);
});

test("only tasks are canceled, and one has to be named", async () => {
  const api = apiOf(task("tsk_1"));
  expect(await captureWithApi(["cancel", "project", "demo"], api)).toMatchObject({
    exitCode: 2,
    stderr: "error: A project cannot be canceled\nhint: write task ID\n",
  });
  expect(await captureWithApi(["cancel", "task"], api)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("which task?") });
  expect(api.calls).toEqual([]);
});
