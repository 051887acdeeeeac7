import { beforeAll, describe, expect, test } from "bun:test";
import { generateToken } from "../../src/core/mcp-token.ts";
import { seedProjects } from "../support/seed-project.ts";
import { moodyBacking } from "./support/moody-backing.ts";
import { Scratch } from "./support/scratch.ts";

const scratch = new Scratch("verify");
let gateway = "";
let url = "";
let token = "";
let foreign = "";

beforeAll(async () => {
  const servers = { content: { kind: "builtin", name: "content" }, moody: moodyBacking(scratch.path("moody.flag")) } as const;
  [token = "", foreign = ""] = await seedProjects(scratch.path("verify"), { e2e: servers, other: {} });
  await scratch.up("verify").started();
  gateway = await scratch.gatewayOf("verify");
  url = `${gateway}/projects/e2e/mcp`;
}, 30_000);

const testMcp = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  scratch.run("mcpctl", ["test", "mcp", ...args], env);

describe("mcpctl test mcp against the running gateway ends with 0 where all is well", () => {
  test("with the token from --token, or from MCPCTL_TOKEN", async () => {
    for (const run of [testMcp([url, "--token", token]), testMcp([url], { MCPCTL_TOKEN: token })]) {
      const { exitCode, stdout, stderr } = await run;
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(/PASS {2}health .*\n {2}PASS {2}initialize .*\n {2}PASS {2}tools\/list .* 17 tools\nPASS \(3 steps/);
    }
  });

  test("on the project's route, on the token's own route and on the route of one server", async () => {
    for (const path of ["/projects/e2e/mcp", "/mcp", "/api/v1/mcp/content", "/api/v1/mcp/moody"]) {
      expect((await testMcp([`${gateway}${path}`, "--token", token])).exitCode).toBe(0);
    }
  });

  test("with a tool that is called with --args, tools that are expected, and a report in JSON", async () => {
    const call = ["--tool", "content__evo.content.search", "--args", '{"limit":3}'];
    const { exitCode, stdout } = await testMcp([url, "--token", token, ...call, "--expect-tools", "moody__pid", "-o", "json"]);
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ exitCode: 0, error: null });
    expect(stdout).not.toContain(token);
  });

  test("with --no-health no health check is made", async () => {
    const { exitCode, stdout } = await testMcp([url, "--token", token, "--no-health"]);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain("health");
  });
});

describe("mcpctl test mcp against the running gateway ends with 1", () => {
  test("for a token that opens nothing: the message has 401", async () => {
    const { exitCode, stderr } = await testMcp([url, "--token", generateToken()]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: .*\b401\b.*\n/);
  });

  test("for no token at all: the message has 401 and the hint says where one goes", async () => {
    const { exitCode, stderr } = await testMcp([url]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: .*\b401\b.*\nhint: .*--token/);
  });

  test("for another project's token: the message has 403", async () => {
    expect((await testMcp([`${gateway}/projects/other/mcp`, "--token", foreign])).exitCode).toBe(0);
    const { exitCode, stderr } = await testMcp([url, "--token", foreign]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: .*\b403\b.*\n/);
  });

  test("for a call that takes longer than --timeout", async () => {
    const { exitCode, stderr } = await testMcp([url, "--token", token, "--tool", "moody__hang", "--timeout", "300ms"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: .*300 ?ms/);
  });

  test("where nothing listens", async () => {
    const { exitCode, stderr } = await testMcp(["http://127.0.0.1:1/mcp", "--token", token]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: /);
  });
});

describe("mcpctl test mcp against the running gateway ends with 2", () => {
  test("for an expected tool that is not there, which it names", async () => {
    const { exitCode, stdout, stderr } = await testMcp([url, "--token", token, "--expect-tools", "__nonexistent__"]);
    expect(exitCode).toBe(2);
    expect(stdout + stderr).toContain("__nonexistent__");
  });

  test("for a tool that answers with isError", async () => {
    const { exitCode, stderr } = await testMcp([url, "--token", token, "--tool", "moody__fail"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("moody__fail");
  });

  test.each([
    ["--args", "[1]"],
    ["--timeout", "soon"],
    ["-o", "xml"],
  ])("for wrong usage, as %s %s", async (flag, value) => {
    const { exitCode, stdout, stderr } = await testMcp([url, "--token", token, flag, value]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^error: .*\nhint: .*\n$/);
  });
});
