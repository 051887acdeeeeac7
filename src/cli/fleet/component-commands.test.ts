import { afterEach, expect, test } from "bun:test";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { LogStream, OperationKind, OperationState, StepState } from "../../api/agent/contract.ts";
import type { AgentAnswers } from "../../api/agent/fake-agent.fixture.ts";
import { AppError } from "../../core/app-error.ts";
import { secondsOf, serviceText, startFleet, type TestFleet } from "./fleet.fixture.ts";

const fleets: TestFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.close();
});

async function setup(answers: AgentAnswers = {}, components?: readonly string[]) {
  const fleet = await startFleet({ rift: { listServices: () => ({}), ...answers } });
  fleets.push(fleet);
  fleet.write("services/ha.toml", serviceText("ha", "rift", components));
  return { fleet, run: fleet.run };
}

const bytes = (text: string) => new TextEncoder().encode(text);

// push and pull

function keeping() {
  const kept: { head?: unknown; content: Buffer } = { content: Buffer.alloc(0) };
  const answers: AgentAnswers = {
    async pushFile(requests) {
      for await (const { what } of requests) {
        if (what.case === "head") kept.head = what.value;
        if (what.case === "chunk") kept.content = Buffer.concat([kept.content, what.value]);
      }
      return { path: "/srv/ha/app.conf", size: BigInt(kept.content.length), sha256: "ab" };
    },
  };
  return { kept, answers };
}

test("push reads the local file and puts it into the service's directory; its path is its own name by default", async () => {
  const { kept, answers } = keeping();
  const { run, fleet } = await setup(answers);
  const content = "x".repeat(200_000);
  const file = fleet.write("local/app.conf", content);
  chmodSync(file, 0o640);
  expect(await run(["push", file, "ha"])).toEqual({ exitCode: 0, stdout: "rift:/srv/ha/app.conf  200000 bytes  sha256 ab\n", stderr: "" });
  expect(kept.head).toMatchObject({ serviceName: "ha", path: "app.conf", mode: 0o640, size: 200_000n });
  expect(kept.content.toString()).toBe(content);
  await run(["push", file, "ha", "etc/other.conf", "--mode", "0600"]);
  expect(kept.head).toMatchObject({ path: "etc/other.conf", mode: 0o600 });
});

test("push refuses what is no file, and says what the agent refuses", async () => {
  const { run, fleet } = await setup({
    pushFile: async () => {
      throw new AppError("invalid", "FILE_PATH_INVALID", "The path leaves the service's directory", { hint: "leave .. out" });
    },
  });
  expect(await run(["push", "/nowhere", "ha"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("/nowhere cannot be read: ENOENT"),
  });
  expect(await run(["push", fleet.folder, "ha"])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is no file") });
  const file = fleet.write("a", "a");
  expect(await run(["push", file, "ha", "--mode", "999"])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--mode '999'") });
  expect(fleet.asked()).toEqual([]);
  expect(await run(["push", file, "ha", "../x"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: The path leaves the service's directory\nhint: leave .. out\n",
  });
});

function sending(chunks: readonly string[], size: number, mode = 0o640): AgentAnswers {
  return {
    async *pullFile() {
      yield { what: { case: "head", value: { mode, size: BigInt(size) } } };
      for (const chunk of chunks) yield { what: { case: "chunk", value: bytes(chunk) } };
    },
  };
}

test("pull writes the content to a local file with its mode, under its own name by default", async () => {
  const { run, fleet } = await setup(sending(["abc", "def"], 6));
  const target = join(fleet.folder, "got.conf");
  expect(await run(["pull", "ha", "etc/app.conf", target])).toEqual({ exitCode: 0, stdout: `${target}  6 bytes\n`, stderr: "" });
  expect(fleet.read("got.conf")).toBe("abcdef");
  expect(statSync(target).mode & 0o777).toBe(0o640);
  await run(["pull", "ha", "etc/app.conf", fleet.folder]);
  expect(fleet.read("app.conf")).toBe("abcdef");
});

test("pull writes to standard output", async () => {
  const { run } = await setup(sending(["abc"], 3));
  const written: string[] = [];
  const writeOutput = (chunk: Uint8Array) => void written.push(Buffer.from(chunk).toString());
  expect(await run(["pull", "ha", "a", "-"], { writeOutput })).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  expect(written).toEqual(["abc"]);
});

test("a file that was cut off leaves what was there, and no half of it", async () => {
  const { run, fleet } = await setup(sending(["abc"], 6));
  const target = fleet.write("got", "before");
  expect(await run(["pull", "ha", "a", target])).toMatchObject({
    exitCode: 1,
    stderr: "error: Only 3 of 6 bytes of a came\nhint: pull it again\n",
  });
  expect(fleet.read("got")).toBe("before");
  expect([...new Bun.Glob(".*").scanSync({ cwd: fleet.folder, dot: true })].filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

// logs

function logging(end = true): AgentAnswers {
  return {
    async *streamLogs({ follow }, { signal }) {
      yield { stream: LogStream.STDOUT, data: bytes("first\nsec") };
      yield { stream: LogStream.STDERR, data: bytes("oh\u001b[2J\n") };
      yield { stream: LogStream.STDOUT, data: bytes("ond\nrest"), droppedBytes: 7n };
      if (follow && !end) await new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
    },
  };
}

test("logs shows what a component writes, line by line; what would move the cursor is written out", async () => {
  const { run, fleet } = await setup(logging());
  expect(await run(["logs", "ha/api", "--tail", "7"])).toEqual({
    exitCode: 0,
    stdout: "first\noh\\x1b[2J\nsecond\nrest\n",
    stderr: "… 7 bytes were missed: this reader was too slow\n",
  });
  expect(fleet.asked()).toEqual(["rift StreamLogs"]);
});

test("logs of a service is that of its only component, and asks which one where there are several", async () => {
  const { run } = await setup(logging());
  expect(await run(["logs", "ha"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("second") });
  const { run: of } = await setup(logging(), ["api", "web"]);
  expect(await of(["logs", "ha"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "error: Which component of ha is meant?\nhint: write ha/api or ha/web\n",
  });
});

test("logs -f follows until Ctrl-C, and a stream that ends by itself is a failure", async () => {
  const stop = new AbortController();
  const { run } = await setup(logging(false));
  const hear = (text: string) => void (text.includes("second") && stop.abort());
  expect(await run(["logs", "ha/api", "-f"], { untilInterrupted: () => stop.signal, stdout: hear })).toMatchObject({ exitCode: 0 });
  const { run: ending } = await setup(logging(true));
  expect(await ending(["logs", "ha/api", "-f"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("error: Node rift has ended the stream\n"),
  });
});

test("logs of a name that no service has are a server's, as before", async () => {
  const { run } = await setup(logging());
  const { stderr } = await run(["logs", "files"]);
  expect(stderr).toContain("It is not known which installation is meant");
  expect((await run(["logs", "nope/api"])).stderr).toContain("There is no service nope");
});

// exec

function executing(code = 0): AgentAnswers {
  return {
    async *exec(requests) {
      const said: string[] = [];
      for await (const { what } of requests) {
        if (what.case === "start") said.push(`${what.value.serviceName}/${what.value.component}: ${what.value.command.join(" ")}`);
        if (what.case === "stdin") said.push(Buffer.from(what.value).toString());
        if (what.case === "stdinClosed") break;
      }
      yield { what: { case: "stdout", value: bytes(said.join("|")) } };
      yield { what: { case: "stderr", value: bytes("note\n") } };
      yield { what: { case: "exitCode", value: code } };
    },
  };
}

test("exec runs the command, passes its output as it is, and ends with its exit code", async () => {
  const { run } = await setup(executing(7));
  const written: string[] = [];
  const deps = { writeOutput: (chunk: Uint8Array) => void written.push(Buffer.from(chunk).toString()) };
  expect(await run(["exec", "ha/api", "--", "ls", "-l", "--color"], deps)).toEqual({ exitCode: 7, stdout: "", stderr: "note\n" });
  expect(written).toEqual(["ha/api: ls -l --color"]);
});

test("the only component of a service that has no file is found in the registry, and of several they are named", async () => {
  const components = (names: readonly string[]) => names.map((name) => ({ name, image: "localhost/x:1" }));
  const registered = (names: readonly string[]) => ({
    ...executing(),
    listServices: () => ({
      services: [{ spec: { name: "ha", node: "rift", components: components(names) }, components: components(names) }],
    }),
  });
  const start = async (names: readonly string[]) => {
    const fleet = await startFleet({ rift: registered(names) });
    fleets.push(fleet);
    return await fleet.run(["exec", "ha", "--", "ls"], { writeOutput: () => {} });
  };
  expect(await start(["api"])).toMatchObject({ exitCode: 0 });
  expect(await start(["api", "db"])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("write ha/api or ha/db") });
});

test("exec -i passes standard input on", async () => {
  const { run } = await setup(executing());
  const written: string[] = [];
  const deps = {
    writeOutput: (chunk: Uint8Array) => void written.push(Buffer.from(chunk).toString()),
    readInput: async function* () {
      yield bytes("in");
      yield bytes("put");
    },
  };
  expect(await run(["exec", "-i", "ha", "--", "cat"], deps)).toMatchObject({ exitCode: 0 });
  expect(written).toEqual(["ha/api: cat|in|put"]);
});

test("exec without a command, or one that ends without an exit code, is a failure", async () => {
  const { run } = await setup({ async *exec() {} });
  expect(await run(["exec", "ha/api"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("missing required argument 'command'"),
  });
  expect(await run(["exec", "ha/api", "--", "true"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("ended without an exit code"),
  });
});

// ops

const operation = {
  id: "op_1",
  kind: OperationKind.DEPLOY,
  serviceName: "ha",
  state: OperationState.ROLLED_BACK,
  caller: "ada",
  startedAt: secondsOf("2026-06-01T11:50:00Z"),
  finishedAt: secondsOf("2026-06-01T11:50:30Z"),
  error: "MCP did not answer",
  steps: [{ number: 1, component: "api", name: "gate", state: StepState.FAILED, detail: "no answer" }],
};

test("ops lists the latest operations, and shows one with its steps", async () => {
  const { run, fleet } = await setup({ listOperations: () => ({ operations: [operation] }), getOperation: () => ({ operation }) });
  expect(await run(["ops", "--service", "ha", "--limit", "5"])).toEqual({
    exitCode: 0,
    stdout: "ID    NODE  KIND    SERVICE  STATE        STARTED  TOOK  BY\nop_1  rift  deploy  ha       rolled back  10m ago  30s   ada\n",
    stderr: "",
  });
  expect(fleet.agents.rift?.calls[0]?.request).toMatchObject({ serviceName: "ha", limit: 5 });
  const one = await run(["ops", "op_1"]);
  expect(one).toMatchObject({ exitCode: 0, stderr: "error: MCP did not answer\n" });
  expect(one.stdout).toEndWith("\n  api: waiting until it is healthy failed (no answer)\n");
  expect(JSON.parse((await run(["ops", "op_1", "-o", "json"])).stdout)).toMatchObject({ operation: { id: "op_1" } });
});

test("an operation that no node has is said so", async () => {
  const { run } = await setup({
    getOperation: () => {
      throw new AppError("not_found", "OPERATION_NOT_FOUND", "no such operation");
    },
  });
  expect(await run(["ops", "op_9"])).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: No node has the operation 'op_9'\nhint: 'mcpctl ops' lists the latest\n",
  });
  expect(await run(["ops", "--limit", "0"])).toMatchObject({ exitCode: 2 });
});
