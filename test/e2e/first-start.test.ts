import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { tokenHead } from "../../src/core/mcp-token.ts";
import { runProgram } from "../support/run-program.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { isAlive } from "./support/process-table.ts";
import { Scratch } from "./support/scratch.ts";
import { type Ready, ROOT, type UpProcess } from "./support/up-process.ts";
import { waitUntil } from "./support/wait-until.ts";

const TOKEN = /mcpctl_pat_\w+/;
const scratch = new Scratch("start");
/** What it prints is of a checkout. */
const CHECKOUT = { program: [join(ROOT, "bin/mcpctl"), "up"] };

/** Every file below a folder but the examples, which are for everybody whom the folder lets in. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name));
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("for a person, without a ready file", () => {
  let first: UpProcess;
  let firstUrl = "";
  let token = "";

  beforeAll(async () => {
    first = scratch.up("person", CHECKOUT);
    await first.started();
    token = TOKEN.exec(first.stdout)?.[0] ?? "";
    firstUrl = /http:\S+\/projects\/demo\/mcp/.exec(first.stdout)?.[0] ?? "";
  }, 30_000);

  test("the token stands alone on a line, the only line of standard output that matches mcpctl_pat_", () => {
    const matching = first.stdout.split("\n").filter((line) => line.includes("mcpctl_pat_"));
    expect(matching).toEqual([token]);
    expect(token).toMatch(/^mcpctl_pat_[0-9A-Za-z]{40,}$/);
  });

  test("the printed test commands work as they are once the variable holds the token", async () => {
    const commands = first.stdout.split("\n").filter((line) => line.includes(" test mcp "));
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      expect(command).toContain("$MCPCTL_TOKEN");
      const { exitCode, stdout } = await runProgram(["sh", "-c", command], { cwd: ROOT, env: { MCPCTL_TOKEN: token } });
      expect(exitCode).toBe(0);
      expect(stdout).toContain("PASS");
    }
  });

  test("the printed test commands work where mcpctl was started from another folder", async () => {
    const elsewhere = scratch.up("elsewhere", { ...CHECKOUT, cwd: scratch.path() });
    await elsewhere.started();
    const command = elsewhere.stdout.split("\n").find((line) => line.includes(" test mcp ")) ?? "";
    const env = { MCPCTL_TOKEN: TOKEN.exec(elsewhere.stdout)?.[0] };
    expect(await runProgram(["sh", "-c", command], { cwd: scratch.path(), env })).toMatchObject({ exitCode: 0, stderr: "" });
    await elsewhere.stop();
  }, 30_000);

  test("the client configuration parses, names the URL and has the variable in place of the token", () => {
    const snippet = JSON.parse(first.stdout.slice(first.stdout.indexOf("    {")));
    const { url, headers } = snippet.mcpServers.mcpctl;
    expect({ url, headers }).toEqual({ url: firstUrl, headers: { Authorization: `Bearer $${"{MCPCTL_TOKEN}"}` } });
  });

  test("progress goes to standard error and what is to be kept to standard output", () => {
    expect(first.stderr).toMatch(/… starting server content\n… starting server files\n/);
    expect(first.stderr).toMatch(/… ready after \d+\.\d s; Ctrl-C stops it\n$/);
    expect(first.stdout).not.toContain("starting server");
    expect(first.stderr).not.toContain(token);
    expect(first.stderr).not.toContain(/password {2}(\S+)/.exec(first.stdout)?.[1] ?? "no password was printed");
  });

  test("a second start shows neither password nor token, says where the token is from, and that token still works", async () => {
    await first.stop();
    const second = scratch.up("person", CHECKOUT);
    await second.started();
    expect(first.stdout).toContain("password");
    expect(second.stdout).not.toContain("password");
    expect(second.stdout).not.toMatch(TOKEN);
    expect(second.stdout).toContain("the one that an earlier start showed");
    expect(second.stdout).toContain("--new-token");
    const url = /http:\S+\/projects\/demo\/mcp/.exec(second.stdout)?.[0] ?? "";
    expect((await new McpCaller(url, token).initialize()).status).toBe(200);
    await second.stop();
  }, 30_000);

  test("--new-token replaces the token: the new one works and the old one is refused with 401", async () => {
    const third = scratch.up("person", { ...CHECKOUT, args: ["--new-token"] });
    await third.started();
    const replaced = TOKEN.exec(third.stdout)?.[0] ?? "";
    const url = /http:\S+\/projects\/demo\/mcp/.exec(third.stdout)?.[0] ?? "";
    expect(replaced).not.toBe(token);
    expect((await new McpCaller(url, replaced).initialize()).status).toBe(200);
    expect((await new McpCaller(url, token).initialize()).status).toBe(401);
    await third.stop();
  }, 30_000);
});

describe("for a program, with a ready file", () => {
  const readyFile = () => scratch.path("program.ready.json");
  let first: Ready;

  test("the ready file appears when everything answers: the very next requests succeed", async () => {
    await Bun.write(readyFile(), '{"pid":1}');
    const started = scratch.upWithReadyFile("program");
    // The file of an earlier start is gone before this one writes to the terminal for the first time.
    await waitUntil("something is said", () => started.stderr !== "");
    expect(existsSync(readyFile())).toBe(false);
    first = await started.ready();
    const [api, gateway, mcp] = await Promise.all([
      fetch(`${first.api}/healthz`),
      fetch(`${first.gateway}/readyz`),
      new McpCaller(first.url, first.token).initialize(),
    ]);
    expect([api.status, gateway.status, mcp.status]).toEqual([200, 200, 200]);
    const names = await (await McpCaller.open(first.url, first.token)).toolNames();
    expect(names.filter((name) => name.startsWith("files__")).length).toBeGreaterThan(0);
  }, 30_000);

  test("the ready file has mode 0600, these keys and no other, and base URLs without a slash at the end", () => {
    expect(modeOf(readyFile())).toBe("600");
    expect(Object.keys(first)).toEqual(["api", "gateway", "project", "url", "token", "admin", "pid"]);
    expect(first.api).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(first.gateway).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(first.url).toBe(`${first.gateway}/projects/demo/mcp`);
    expect(first.project).toBe("demo");
    expect(first.token).toMatch(TOKEN);
    expect(Object.keys(first.admin ?? {})).toEqual(["username", "password"]);
    expect(first.admin?.password).toMatch(/^\w{20,}$/);
    expect(isAlive(first.pid)).toBe(true);
  });

  test("the data folder is its owner's alone: 0700, and every file in it 0600", () => {
    const folder = scratch.path("program");
    expect(modeOf(folder)).toBe("700");
    const names = filesOf(folder).map((path) => path.slice(folder.length + 1));
    expect(names).toEqual(expect.arrayContaining(["instance.json", "lock", "master.key", "mcpctl.db", "mcpctl.db-wal"]));
    expect(filesOf(folder).map((path) => `${path} ${modeOf(path)}`)).toEqual(filesOf(folder).map((path) => `${path} 600`));
  });

  test("neither the token nor the administrator's password is in any file of the data folder", async () => {
    const secrets = [first.token, first.token.slice("mcpctl_pat_".length), first.admin?.password ?? ""];
    const contents = await Promise.all(filesOf(scratch.path("program")).map((path) => Bun.file(path).bytes()));
    const found = secrets.filter((secret) => contents.some((bytes) => Buffer.from(bytes).includes(secret)));
    expect(found).toEqual([]);
    // What is kept of them is found, so the search does look where they would be.
    const head = tokenHead(first.token);
    expect(contents.some((bytes) => Buffer.from(bytes).includes(head))).toBe(true);
  });

  test("each start with a ready file replaces the token; the administrator is shown by the first one only", async () => {
    process.kill(first.pid, "SIGTERM");
    const again = scratch.upWithReadyFile("again");
    const before = await again.ready();
    await again.stop();
    const second = scratch.upWithReadyFile("again");
    const after = await second.ready();
    expect([before.admin === null, after.admin]).toEqual([false, null]);
    expect((await new McpCaller(after.url, after.token).initialize()).status).toBe(200);
    expect((await new McpCaller(after.url, before.token).initialize()).status).toBe(401);
    await second.stop();
  }, 30_000);
});
