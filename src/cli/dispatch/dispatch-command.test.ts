import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskView } from "../../api/dispatch-task.ts";
import { captureWithApi } from "../captured-cli.fixture.ts";
import type { CliDeps } from "../ports.ts";
import { type FakeGateway, fakeGateway } from "./fake-gateway.fixture.ts";

const GATEWAY = { MCPLOCAL_URL: "http://127.0.0.1:3200" };
const SEARCH = `{"name":"evo.content.search","arguments":{"limit":1}}`;
const RESULT = { content: [{ type: "text", text: "found" }] };
const AT = "2026-06-01T10:00:00.000Z";

function task(changes: Partial<TaskView> = {}): TaskView {
  const times = { created_at: AT, updated_at: AT, started_at: null, finished_at: null, expires_at: AT };
  const call = { project: null, server: "content", method: "tools/call", tool: "evo.content.search" };
  const about = { idempotency_key: "k", trace_id: "t", priority: "normal", attempts: 0, max_attempts: 3 } as const;
  return { id: "tsk_1", state: "queued", ...call, ...about, progress: null, cancel_requested: false, ...times, ...changes };
}

function dispatch(gateway: FakeGateway, args: readonly string[], deps: Partial<CliDeps> = {}) {
  return captureWithApi(["dispatch", ...args], gateway, { ...deps, env: { ...GATEWAY, ...deps.env } });
}

const refusal = (status: number, code: string, message: string) => Response.json({ error: { code, message, trace_id: "t" } }, { status });

test("a call goes to the server's route with the log-in, under a key that is made and said", async () => {
  const gateway = fakeGateway({});
  const run = await dispatch(gateway, ["content", "tools/call", "--params", SEARCH]);
  expect(run).toMatchObject({ exitCode: 0, stdout: "task/tsk_1 accepted\n" });
  const [sent] = gateway.sent;
  expect(sent).toMatchObject({ url: "http://127.0.0.1:3200/api/v1/mcp/content/dispatch", bearer: "Bearer mcpctl_ses_test" });
  expect(sent?.body).toBe(`{"method":"tools/call","params":${SEARCH}}`);
  expect(sent?.key).toMatch(/^mcpctl-[0-9a-f-]{36}$/);
  expect(run.stderr).toBe(`key ${sent?.key}\n'mcpctl describe task tsk_1' shows it\n`);
});

test("a key, a priority and a project are the ones that are given; the project's names are made", async () => {
  const gateway = fakeGateway({ reused: true });
  const given = ["-p", "demo", "--key", "nightly", "--priority", "low"];
  const run = await dispatch(gateway, ["content", "tools/call", "--params", SEARCH, ...given]);
  expect(gateway.sent).toEqual([
    {
      url: "http://127.0.0.1:3200/projects/demo/dispatch",
      bearer: "Bearer mcpctl_ses_test",
      key: "nightly",
      body: `{"method":"tools/call","priority":"low","params":${SEARCH.replace("evo.", "content__evo.")}}`,
    },
  ]);
  expect(run.stderr).toContain("This key stands for task/tsk_1 already; nothing is carried out again\n");
  expect(run.stderr).not.toContain("key nightly");
  await dispatch(gateway, ["content", "tools/call", "--params", `{"name":"content__x"}`, "-p", "demo"]);
  expect(gateway.sent[1]?.body).toBe(`{"method":"tools/call","params":{"name":"content__x"}}`);
  await dispatch(gateway, ["content", "resources/read", "--params", `{"uri":"x:1"}`, "-p", "demo"]);
  expect(gateway.sent[2]?.body).toBe(`{"method":"resources/read","params":{"uri":"x:1"}}`);
});

test("params come from a file or from standard input too, and their text stays as it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl dispatch-"));
  try {
    const file = join(folder, "call.json");
    const text = `{ "name": "x", "arguments": {"n": 12345678901234567890} }`;
    writeFileSync(file, `${text}\n`);
    const gateway = fakeGateway({});
    await dispatch(gateway, ["content", "tools/call", "--params", `@${file}`]);
    await dispatch(gateway, ["content", "tools/call", "--params", "-"], { readStdin: async () => text });
    await dispatch(gateway, ["content", "tools/call"]);
    const bodies = gateway.sent.map(({ body }) => body);
    expect(bodies).toEqual([...Array(2).fill(`{"method":"tools/call","params":${text}}`), `{"method":"tools/call"}`]);
    const absent = await dispatch(gateway, ["content", "tools/call", "--params", `@${file}.none`]);
    expect(absent).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("cannot be read: ENOENT") });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a token in MCPCTL_TOKEN goes before the log-in, and whoever asks for the task is told to be the same", async () => {
  const gateway = fakeGateway({});
  const run = await dispatch(gateway, ["content", "tools/call", "--key", "k"], { env: { MCPCTL_TOKEN: "mcpctl_pat_x" } });
  expect(gateway.sent[0]?.bearer).toBe("Bearer mcpctl_pat_x");
  expect(run.stderr).toBe("'MCPCTL_API_TOKEN=$MCPCTL_TOKEN mcpctl describe task tsk_1' shows it\n");
});

test("a log-in is sent to no other machine", async () => {
  const gateway = fakeGateway({});
  const run = await dispatch(gateway, ["content", "tools/call", "--url", "https://mcp.example.org"]);
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("The log-in of http://127.0.0.1:3100 is not sent to") });
  expect(gateway.sent).toEqual([]);
});

test("a call that ended at once shows its result, or its error with another exit code", async () => {
  const done = await dispatch(fakeGateway({ status: "completed", result: RESULT }), ["content", "tools/call", "--key", "k"]);
  expect(done).toEqual({ exitCode: 0, stdout: `${JSON.stringify(RESULT, null, 2)}\n`, stderr: "" });
  const isError = fakeGateway({ status: "completed", result: { content: [], isError: true } });
  expect(await dispatch(isError, ["content", "tools/call", "--key", "k"])).toMatchObject({ exitCode: 1 });
  const error = { code: -31005, message: "No process", data: { reason: "outcome_unknown" } };
  const failed = await dispatch(fakeGateway({ status: "failed", error }), ["content", "tools/call", "--key", "k"]);
  expect([failed.exitCode, failed.stdout, failed.stderr]).toEqual([
    1,
    "",
    "error: task/tsk_1 failed: No process\nhint: docs/errors.md says what outcome_unknown means\n",
  ]);
  const asJson = await dispatch(fakeGateway({ status: "failed", error }), ["content", "tools/call", "--key", "k", "-o", "json"]);
  expect([asJson.exitCode, JSON.parse(asJson.stdout).error, asJson.stderr]).toEqual([1, error, ""]);
});

test("--wait says what changes and ends with the result, though the gateway is away for a moment", async () => {
  const running = task({ state: "running", attempts: 2, progress: { progress: 3, total: 10, message: "reading" } });
  const away = refusal(503, "shutting_down", "This gateway stops");
  const gateway = fakeGateway({}, [task(), running, running, away, task({ state: "finished", finished_at: AT, result: RESULT })]);
  const run = await dispatch(gateway, ["content", "tools/call", "--key", "k", "--wait"]);
  expect(run).toEqual({
    exitCode: 0,
    stdout: `${JSON.stringify(RESULT, null, 2)}\n`,
    stderr: "task/tsk_1 queued\ntask/tsk_1 running: attempt 2 of 3, 3 of 10, reading\ntask/tsk_1 finished\n",
  });
  expect(new Set(gateway.asked)).toEqual(new Set(["http://127.0.0.1:3200/api/v1/mcp/content/tasks/tsk_1"]));
  expect(gateway.sent).toHaveLength(1);
});

test("--wait of a task that is canceled fails, and -o json holds the task whole", async () => {
  const error = { code: -31099, message: "The task was canceled", data: { reason: "canceled" } };
  const canceled = task({ state: "canceled", finished_at: AT, error });
  const run = await dispatch(fakeGateway({}, [canceled]), ["content", "tools/call", "--key", "k", "--wait", "-o", "json"]);
  expect([run.exitCode, JSON.parse(run.stdout)]).toEqual([1, canceled]);
});

test("whoever waits no longer is told that the task goes on, and how to find it", async () => {
  const gateway = fakeGateway({}, [task({ state: "running" })]);
  const late = await dispatch(gateway, ["content", "tools/call", "--key", "k", "--wait", "--timeout", "30ms"]);
  expect(late).toMatchObject({ exitCode: 1, stdout: "" });
  expect(late.stderr).toEndWith(
    "error: It has not ended within 30ms; task/tsk_1 goes on\nhint: 'mcpctl describe task tsk_1' shows it, 'mcpctl cancel task tsk_1' takes it back\n",
  );
  const interrupt = new AbortController();
  const fetch: FakeGateway["fetch"] = async (url, init) => {
    const answer = await gateway.fetch(url, init);
    if (init.method === "GET") interrupt.abort();
    return answer;
  };
  const interrupted = await dispatch({ ...gateway, fetch }, ["content", "tools/call", "--key", "k", "--wait"], {
    untilInterrupted: () => interrupt.signal,
  });
  expect(interrupted).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("error: The waiting was ended; task/tsk_1 goes on\n") });
});

test("whoever is interrupted before the answer is told the key under which to ask again", async () => {
  const interrupt = new AbortController();
  const gateway = fakeGateway(async () => {
    interrupt.abort();
    interrupt.signal.throwIfAborted();
    return {};
  });
  const run = await dispatch(gateway, ["content", "tools/call", "--key", "k"], { untilInterrupted: () => interrupt.signal });
  expect(run).toMatchObject({ exitCode: 1, stdout: "" });
  expect(run.stderr).toContain("hint: type the same again with --key k: it is not carried out twice\n");
});

test("what the gateway refuses is said with what helps", async () => {
  const say = async (status: number, code: string, message: string) =>
    dispatch(fakeGateway(refusal(status, code, message)), ["content", "tools/call", "--key", "k"]);
  expect(await say(409, "idempotency_conflict", "This Idempotency-Key stands for another call")).toEqual({
    exitCode: 1,
    stdout: "",
    stderr:
      "error: This Idempotency-Key stands for another call\nhint: the key k has been used for another call: leave --key out, or give another one\n",
  });
  expect(await say(503, "async_unavailable", "not kept")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("again with --key k"),
  });
  expect(await say(403, "forbidden", "ci may not dispatch")).toMatchObject({ stderr: expect.stringContaining("action dispatch") });
  expect(await say(400, "invalid_payload", "method must be")).toMatchObject({ exitCode: 2, stderr: "error: method must be\n" });
  const broken = await dispatch(fakeGateway(new Response("<html>", { status: 200 })), ["content", "tools/call", "--key", "k"]);
  expect(broken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("of the same version") });
});

const WRONG: readonly (readonly [readonly string[], string])[] = [
  [["content"], "missing required argument 'method'"],
  [["Content", "tools/call"], "error: "],
  [["content", "tools/call", "--params", "[]"], "--params is not a JSON object"],
  [["content", "tools/call", "--params", "{"], "--params is not a JSON object"],
  [["content", "tools/call", "--key", "a b"], "--key is no idempotency key"],
  [["content", "tools/call", "--key", ""], "--key is no idempotency key"],
  [["content", "tools/call", "-p", ""], "--project is empty"],
  [["content", "tools/call", "--priority", "urgent"], "Allowed choices are high, normal, low"],
  [["content", "tools/call", "--timeout", "3s"], "add --wait"],
  [["content", "tools/call", "--wait", "--timeout", "soon"], "is not a duration"],
  [["content", "tools/call", "--url", "ftp://x"], "is no base URL of a gateway"],
];

test.each(WRONG)("dispatch %j is wrong usage, and nothing is sent", async (args, said) => {
  const gateway = fakeGateway({});
  const run = await dispatch(gateway, args);
  expect([run.exitCode, run.stdout, gateway.sent]).toEqual([2, "", []]);
  expect(run.stderr).toContain(said);
});
