import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { seedProject } from "../support/seed-project.ts";
import { McpCaller } from "./support/mcp-caller.ts";
import { moodyBacking } from "./support/moody-backing.ts";
import { processesNaming } from "./support/process-table.ts";
import { Scratch } from "./support/scratch.ts";
import { waitUntil } from "./support/wait-until.ts";

const LIMIT_MS = 60_000;
const scratch = new Scratch("servers");
const emcp = (command: string, folder: string, ...args: readonly string[]) =>
  scratch.run("mcpd", [`emcp:${command}`, "--data-dir", scratch.path(folder), ...args]);

/** Of the 14 tools of `files`, four write and are off. */
const TOOLS = { content: 14, files: 10 };
const PASSED = (handle: keyof typeof TOOLS) =>
  new RegExp(`^PASS ${handle} initialize \\d+ ms, tools/list ${TOOLS[handle]} tools \\d+ ms$`, "m");

describe("without a running instance", () => {
  beforeAll(() => mkdir(scratch.path("alone")));

  test("a named folder that is not there is an error, and is not made", async () => {
    const { exitCode, stderr } = await emcp("list-servers", "misspelt");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`error: There is no installation in ${scratch.path("misspelt")}\nhint: `);
    expect(existsSync(scratch.path("misspelt"))).toBe(false);
  });

  test("emcp:list-servers lists the demo's two servers as enabled and says that mcpctl is not running", async () => {
    const { exitCode, stdout, stderr } = await emcp("list-servers", "alone");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^content +builtin +yes +stopped +- +demo +mcpctl is not running$/m);
    expect(stdout).toMatch(/^files +stdio +yes +stopped +- +demo +mcpctl is not running$/m);
  });

  test(
    "emcp:test passes initialize and tools/list of every server, and leaves no child",
    async () => {
      const { exitCode, stdout, stderr } = await emcp("test", "alone");
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(PASSED("content"));
      expect(stdout).toMatch(PASSED("files"));
      expect(stdout).toEndWith("2 of 2 servers passed\n");
      expect(processesNaming(scratch.path("alone", "files"))).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "the commands before it take nothing from the first start: it still shows the administrator",
    async () => {
      const up = scratch.upWithReadyFile("alone");
      expect((await up.ready()).admin?.username).toBe("admin");
      await up.stop();
    },
    LIMIT_MS,
  );
});

describe("with a running instance", () => {
  beforeAll(async () => {
    await scratch.up("demo").started();
  }, LIMIT_MS);

  test("emcp:list-servers lists the servers with their state and tools, as a table and as JSON", async () => {
    const { exitCode, stdout, stderr } = await emcp("list-servers", "demo");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^content +builtin +yes +ready +14 +demo$/m);
    expect(stdout).toMatch(/^files +stdio +yes +ready +10 +demo$/m);
    const rows = JSON.parse((await emcp("list-servers", "demo", "-o", "json")).stdout);
    expect(rows.map(({ handle, enabled, stale }: Record<string, unknown>) => ({ handle, enabled, stale }))).toEqual([
      { handle: "content", enabled: true, stale: false },
      { handle: "files", enabled: true, stale: false },
    ]);
  });

  test("emcp:test passes initialize and tools/list of every server", async () => {
    const { exitCode, stdout } = await emcp("test", "demo");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(PASSED("content"));
    expect(stdout).toMatch(PASSED("files"));
  });

  test("emcp:test --server tests that one alone", async () => {
    const { exitCode, stdout } = await emcp("test", "demo", "--server", "content");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(PASSED("content"));
    expect(stdout).toEndWith("1 of 1 servers passed\n");
    expect(stdout).not.toContain("files");
  });

  test("emcp:test of an unknown server is an error whose hint names the known ones", async () => {
    const { exitCode, stdout, stderr } = await emcp("test", "demo", "--server", "contnet");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toBe("error: There is no server 'contnet'\nhint: known servers: content, files\n");
  });
});

describe("with routes that are switched off or moved", () => {
  const start = async (name: string, config: string) => {
    await Bun.write(scratch.path(`${name}.toml`), config);
    await scratch.up(name, { args: ["--config", scratch.path(`${name}.toml`)] }).started();
  };

  test(
    "emcp:test takes the route that there is: the API's where it is moved, the manager's where there is no other",
    async () => {
      await start("moved", '[mode]\ninternal = false\n[route]\napi_base = "/rest"\nversion = "2"\n');
      await start("manager", "[mode]\napi = false\n");
      for (const name of ["moved", "manager"]) {
        expect(await emcp("test", name, "--server", "content")).toMatchObject({
          exitCode: 0,
          stdout: expect.stringMatching(PASSED("content")),
        });
      }
    },
    LIMIT_MS,
  );

  test(
    "emcp:test says so where no route leads to one server, and emcp:list-servers lists them all the same",
    async () => {
      await start("off", "[mode]\ninternal = false\napi = false\n");
      expect(await emcp("test", "off", "--server", "content")).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("hint: set mode.api or mode.internal to true"),
      });
      expect((await emcp("list-servers", "off")).stdout).toMatch(/^content +builtin +yes +ready +14 +demo$/m);
    },
    LIMIT_MS,
  );
});

describe("a server whose process ends", () => {
  let flag = "";
  let caller: McpCaller;
  const statusOf = async () => (await emcp("list-servers", "moody")).stdout.split("\n").find((line) => line.startsWith("moody")) ?? "";

  beforeAll(async () => {
    flag = scratch.path("moody.flag");
    const backings = { content: { kind: "builtin", name: "content" }, moody: moodyBacking(flag) } as const;
    const token = await seedProject(scratch.path("moody"), "e2e", backings);
    await scratch.up("moody").started();
    caller = await McpCaller.open(`${await scratch.gatewayOf("moody")}/mcp`, token);
  }, LIMIT_MS);

  afterAll(() => rm(flag, { force: true }));

  test(
    "a call in flight fails with a clear error, the other server goes on, and its tools stay listed, marked as last known, until it is back",
    async () => {
      const names = await caller.toolNames();
      expect(names.filter((name) => name.startsWith("moody__"))).toEqual(["pid", "hang", "fail"].map((tool) => `moody__${tool}`));
      const first = (await caller.call("moody__pid")).json.result.content[0].text;
      const inFlight = await caller.begin("moody__hang");
      await Bun.write(flag, "");
      process.kill(Number(first), "SIGKILL");

      const lost = await inFlight.reply;
      expect(lost.status).toBe(200);
      expect(lost.json.error.message).toBe("Server moody was lost during the call: it was ended by SIGKILL");
      await waitUntil("it is marked", async () => (await statusOf()).includes("3 (last known)"));
      expect(await caller.toolNames()).toEqual(names);
      const refused = await caller.call("moody__pid");
      expect(refused.json.error.message).toStartWith("Server moody is not available: ");
      expect((await caller.call("content__evo.content.get", { id: 1 })).json.result.structuredContent.item.id).toBe(1);

      await rm(flag);
      await waitUntil("it is back", async () => (await caller.call("moody__pid")).json.result !== undefined, 30_000);
      expect((await caller.call("moody__pid")).json.result.content[0].text).not.toBe(first);
      expect(await statusOf()).toMatch(/^moody +stdio +yes +ready +3 +e2e$/);
    },
    LIMIT_MS,
  );

  test(
    "while it cannot start, emcp:test fails for it and passes for the other",
    async () => {
      const [pid = 0] = processesNaming(flag);
      await Bun.write(flag, "");
      process.kill(pid, "SIGKILL");
      await waitUntil("the reason is told", async () => (await statusOf()).includes("moody-server: not today"));
      const { exitCode, stdout, stderr } = await emcp("test", "moody");
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(PASSED("content"));
      expect(stdout).toMatch(/^FAIL moody initialize failed after \d+ ms: /m);
      expect(stderr).toContain("1 of 2 failed: moody");
    },
    LIMIT_MS,
  );
});

test(
  "a server that stays silent keeps nobody from the others, from the first moment on",
  async () => {
    const flag = scratch.path("silent.flag");
    await Bun.write(`${flag}.silent`, "");
    const backings = { content: { kind: "builtin", name: "content" }, silent: moodyBacking(flag) } as const;
    const token = await seedProject(scratch.path("silent"), "e2e", backings);
    const up = scratch.up("silent");
    const caller = await McpCaller.open(`${await scratch.gatewayOf("silent")}/mcp`, token);
    expect((await caller.call("content__evo.content.get", { id: 1 })).json.result.structuredContent.item.id).toBe(1);
    expect(await caller.toolNames()).toHaveLength(14);
    expect(up.stderr).not.toContain("ready after");
    expect(await up.stop()).toBe(0);
  },
  LIMIT_MS,
);
