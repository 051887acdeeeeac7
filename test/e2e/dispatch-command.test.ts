/** `mcpctl dispatch` and the commands around tasks, against a real `mcpctl up`. */
import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { McpCaller } from "./support/mcp-caller.ts";
import { programPath } from "./support/program-path.ts";
import { MEMBER, RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const SEARCH = `{"name":"evo.content.search","arguments":{"limit":1}}`;
const HANG = `{"name":"count_and_hang"}`;

const scratch = new Scratch("dispatch-command");
let ready: Ready;
let env: Readonly<Record<string, string>> = {};
let tokenEnv: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  writeFileSync(scratch.path("mcpctl.toml"), `[stdio]\ncommands = [${JSON.stringify(process.execPath)}]\n`);
  ready = await scratch.upWithReadyFile("up", { args: ["--config", scratch.path("mcpctl.toml")] }).ready();
  const { token: session } = await new RestCaller(ready.api, "").send("POST", "/auth/login", { ...ready.admin, client: "cli" });
  env = { MCPCTL_URL: ready.api, MCPCTL_API_TOKEN: session, MCPLOCAL_URL: ready.gateway };
  const admin = new RestCaller(ready.api, session);
  const script = join(import.meta.dirname, "fixtures/counting-server.ts");
  const backing = { kind: "stdio", command: process.execPath, args: [script, scratch.path("count")], env: {} };
  await admin.send("POST", "/servers", { handle: "counting", backing, projects: ["demo"] });
  const token = await admin.makeToken("runner", "demo", [...MEMBER, { action: "dispatch" }]);
  tokenEnv = { ...env, MCPCTL_TOKEN: token, MCPCTL_API_TOKEN: token };
  await waitUntil("the server is served", async () =>
    (await (await McpCaller.open(`${ready.gateway}/projects/demo/mcp`, token)).toolNames()).includes("counting__count"),
  );
}, LIMIT_MS);

const mcpctl = (args: readonly string[], own = env, stdin?: string) => scratch.run("mcpctl", args, own, stdin);

function counted(): readonly string[] {
  const file = scratch.path("count");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

test(
  "a call that is dispatched is carried out once under its key, and another under that key is refused with what helps",
  async () => {
    const count = ["dispatch", "counting", "tools/call", "--params", `{"name":"count"}`, "--key", "once", "--wait", "-o", "json"];
    const before = counted().length;
    const first = await mcpctl(count);
    expect([first.exitCode, JSON.parse(first.stdout)]).toMatchObject([0, { state: "finished", server: "counting", tool: "count" }]);
    const again = await mcpctl(count);
    expect(again.stdout).toBe(first.stdout);
    expect(again.stderr).toContain("nothing is carried out again");
    expect(counted().length).toBe(before + 1);
    const other = await mcpctl(["dispatch", "counting", "tools/call", "--params", HANG, "--key", "once"]);
    expect([other.exitCode, other.stdout]).toEqual([1, ""]);
    expect(other.stderr).toContain("stands for another call");
    expect(other.stderr).toContain("hint: the key once has been used for another call");
  },
  LIMIT_MS,
);

test(
  "a dispatched call shows its result, and is found by get and describe for the one who dispatched it alone",
  async () => {
    const params = scratch.path("search.json");
    writeFileSync(params, SEARCH);
    const done = await mcpctl(["dispatch", "content", "tools/call", "-p", "demo", "--params", `@${params}`, "--wait"], tokenEnv);
    expect(done.exitCode).toBe(0);
    expect(JSON.parse(done.stdout).structuredContent.items).toHaveLength(1);
    const [, id = ""] = /task\/(tsk_\w+) finished/.exec(done.stderr) ?? [];
    expect(done.stderr).toMatch(/^key mcpctl-[0-9a-f-]{36}$/m);
    const listed = await mcpctl(["get", "tasks", "-p", "demo", "--state", "finished"], tokenEnv);
    expect(listed.stdout).toMatch(new RegExp(`^${id} +finished +demo +- +content__evo.content.search `, "m"));
    const described = await mcpctl(["describe", "task", id], tokenEnv);
    expect(described.stdout).toMatch(/^State: +finished$/m);
    expect(described.stdout).toContain("Result:");
    expect((await mcpctl(["get", "tasks", "-p", "demo", "-o", "name"])).stdout).not.toContain(id);
    expect(await mcpctl(["describe", "task", id])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`You have no task ${id}`),
    });
    const canceled = await mcpctl(["cancel", "task", id], tokenEnv);
    expect([canceled.exitCode, canceled.stdout]).toEqual([0, `task/${id} finished\n`]);
  },
  LIMIT_MS,
);

test(
  "a call that waits or runs is listed, its waiting ends with Ctrl-C without it, and it is canceled",
  async () => {
    const args = ["dispatch", "counting", "tools/call", "--params", HANG, "--key", "hang"];
    const accepted = await mcpctl(args);
    expect(accepted.exitCode).toBe(0);
    const [, id = ""] = /^task\/(tsk_\w+) accepted$/m.exec(accepted.stdout) ?? [];
    expect(accepted.stderr).toContain(`'mcpctl describe task ${id}' shows it`);
    await waitUntil("it runs", () => counted().includes("count_and_hang"));
    const waiting = Bun.spawn([programPath("mcpctl"), ...args, "--wait"], {
      env: { ...process.env, ...env, MCPCTL_CONFIG: scratch.path("config.json") },
      stdout: "pipe",
      stderr: "pipe",
    });
    let told = "";
    const reading = (async () => {
      for await (const chunk of waiting.stderr) told += new TextDecoder().decode(chunk);
    })();
    await waitUntil("it says that it runs", () => told.includes(`task/${id} running`));
    waiting.kill("SIGINT");
    expect(await waiting.exited).toBe(1);
    await reading;
    expect(told).toContain(`task/${id} goes on\nhint: 'mcpctl describe task ${id}' shows it, 'mcpctl cancel task ${id}' takes it back\n`);
    const late = await mcpctl([...args, "--wait", "--timeout", "2s"]);
    expect([late.exitCode, late.stderr]).toEqual([1, expect.stringContaining("has not ended within 2s")]);
    expect((await mcpctl(["get", "tasks", "--state", "running"])).stdout).toContain(id);
    expect((await mcpctl(["cancel", "task", id])).exitCode).toBe(0);
    const ended = await mcpctl([...args, "--wait"]);
    expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining(`task/${id} canceled`)]);
    expect(counted().filter((name) => name === "count_and_hang")).toHaveLength(1);
  },
  LIMIT_MS,
);

test(
  "wrong usage sends nothing, and what the gateway cannot take is said",
  async () => {
    const wrong = [
      [["--params", "[1]"], "is not a JSON object"],
      [["--params", `@${scratch.path("none.json")}`], "cannot be read: ENOENT"],
      [["--key", "two words"], "is no idempotency key"],
      [["--timeout", "1s"], "add --wait"],
      [["--priority", "now"], "Allowed choices"],
    ] as const;
    for (const [args, said] of wrong) {
      const run = await mcpctl(["dispatch", "content", "tools/call", ...args]);
      expect([run.exitCode, run.stdout]).toEqual([2, ""]);
      expect(run.stderr).toContain(said);
    }
    const list = await mcpctl(["dispatch", "content", "tools/list"]);
    expect([list.exitCode, list.stderr]).toEqual([2, expect.stringContaining("method must be one of tools/call")]);
    const twice = await mcpctl(["dispatch", "content", "tools/call", "--params", "-"], env, `{"name":"x","name":"y"}`);
    expect([twice.exitCode, twice.stderr]).toEqual([2, expect.stringContaining("stands twice")]);
    const unknown = await mcpctl(["dispatch", "nowhere", "tools/call", "--params", SEARCH]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining("There is no server nowhere here")]);
    const away = await mcpctl(["dispatch", "content", "tools/call", "--url", "http://127.0.0.1:9", "--key", "k"], tokenEnv);
    expect([away.exitCode, away.stderr]).toEqual([1, expect.stringContaining("type the same again with --key k")]);
  },
  LIMIT_MS,
);
