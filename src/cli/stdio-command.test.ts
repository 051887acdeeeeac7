import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../core/app-error.ts";
import { createGatewayProgram } from "./mcplocal-program.ts";
import type { LocalInstance } from "./ports.ts";
import { runCli } from "./run-cli.ts";
import type { StdioOptions } from "./stdio-flags.ts";

const TOKEN = { MCPCTL_TOKEN: "the-token" };
const LOCAL: LocalInstance = { api: "http://127.0.0.1:3100", gateway: "http://127.0.0.1:3200" };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcplocal-stdio-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function tokenFile(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode });
  return path;
}

async function run(flags: readonly string[], env: Record<string, string> = TOKEN, local?: LocalInstance, fails?: AppError) {
  let [stdout, stderr] = ["", ""];
  const bridged: StdioOptions[] = [];
  const program = createGatewayProgram({
    env,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    cores: 1,
    localInstance: () => local,
    serve: async () => 0,
    serveBridge: async () => 0,
    bridge: async (options) => {
      bridged.push(options);
      if (fails !== undefined) throw fails;
    },
  });
  return { exitCode: await runCli(program, ["stdio", ...flags]), stdout, stderr, bridged };
}

describe("where it goes", () => {
  test.each([
    [["--project", "demo", "--url", "http://h:1/"], {}, "http://h:1/projects/demo/mcp"],
    [["--project", "a b/c", "--url", "https://h/gate/"], {}, "https://h/gate/projects/a%20b%2Fc/mcp"],
    [["--server", "files", "--url", "http://127.0.0.1:1"], { MCPLOCAL_URL: "http://other" }, "http://127.0.0.1:1/api/v1/mcp/files"],
    [["--project", "demo"], { MCPLOCAL_URL: "https://from-env" }, "https://from-env/projects/demo/mcp"],
    [["--project", "demo"], {}, "http://127.0.0.1:3200/projects/demo/mcp"],
  ])("%j with %j is %s", async (flags, env, url) => {
    const { exitCode, stdout, bridged } = await run(flags, { ...TOKEN, ...env }, LOCAL);
    expect({ exitCode, stdout, bridged }).toEqual({ exitCode: 0, stdout: "", bridged: [{ url, token: "the-token", warnings: [] }] });
  });

  test.each([
    [[], TOKEN, "Nothing is named"],
    [["--project", "a", "--server", "b"], TOKEN, "Two things are named"],
    [["--project", ""], TOKEN, "--project is empty"],
    [["--server", "Not A Handle"], TOKEN, "A server handle is"],
    [["--project", "a", "--url", "h:3200"], TOKEN, "--url 'h:3200' is no base URL"],
    [["--project", "a", "--url", "http://u:secret@h"], TOKEN, "--url is no base URL"],
    [["--project", "a", "--url", "http://h/?key=1"], TOKEN, "--url 'http://h/?key=1' is no base URL"],
    [["--project", "a"], { ...TOKEN, MCPLOCAL_URL: "nowhere" }, "MCPLOCAL_URL 'nowhere' is no base URL"],
    [["--project", "a"], TOKEN, "It is not known where the gateway is"],
    [["--project", "a", "--url", "http://h", "--token-file", ""], TOKEN, "--token-file is empty"],
    [["--project", "a", "--url", "http://h"], { MCPCTL_TOKEN: "two words" }, "MCPCTL_TOKEN has characters"],
  ])("%j is wrong usage: %j says %s", async (flags, env, message) => {
    const { exitCode, stdout, stderr, bridged } = await run(flags, env);
    expect({ exitCode, stdout, bridged }).toEqual({ exitCode: 2, stdout: "", bridged: [] });
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).not.toContain("secret");
  });

  test("off this machine without TLS is warned of", async () => {
    expect((await run(["--project", "a", "--url", "http://h"])).stderr).toStartWith("warning: http://h/projects/a/mcp has no TLS");
    expect((await run(["--project", "a", "--url", "https://h"])).stderr).toBe("");
  });
});

describe("the token", () => {
  test("is that of the file that is named, else that of the environment", async () => {
    const file = await tokenFile("good", "mcpctl_pat_x\n");
    const flags = ["--project", "a", "--url", "https://h"];
    expect((await run([...flags, "--token-file", file])).bridged).toEqual([expect.objectContaining({ token: "mcpctl_pat_x" })]);
    expect((await run(flags, { MCPCTL_TOKEN: " padded\n" })).bridged).toEqual([expect.objectContaining({ token: "padded" })]);
  });

  test("in a file that others may read is warned of", async () => {
    const file = await tokenFile("open", "t", 0o644);
    const { exitCode, stderr } = await run(["--project", "a", "--url", "https://h", "--token-file", file]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining(`'chmod 600' it`) });
  });

  test.each([
    ["is not there", async () => join(folder, "none"), "cannot be read: ENOENT"],
    ["is empty", () => tokenFile("empty", "\n"), "holds no token"],
    ["has two lines", () => tokenFile("two", "secret-a\nsecret-b\n"), "holds no token"],
  ])("in a file that %s is refused, and not shown", async (_, make, message) => {
    const { exitCode, stderr } = await run(["--project", "a", "--url", "https://h", "--token-file", await make()]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) });
    expect(stderr).not.toContain("secret");
  });

  test("that is missing is said, with how to make one for the project", async () => {
    for (const env of [{}, { MCPCTL_TOKEN: "" }]) {
      const { exitCode, stderr, bridged } = await run(["--project", "shop"], env, LOCAL);
      expect({ exitCode, bridged }).toEqual({ exitCode: 1, bridged: [] });
      expect(stderr).toMatch(/^error: There is no token.*\nhint: .*mcpctl create mcptoken NAME -p shop --rbac clone/);
    }
  });

  test("has no flag of its own: others could read it", async () => {
    const { exitCode, stderr } = await run(["--project", "a", "--token", "secret"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("unknown option '--token'");
  });
});

test.each([
  ["a refused token", new AppError("unauthenticated", "HTTP_401", "HTTP 401"), "mcpctl create mcptoken NAME -p demo"],
  ["another's project", new AppError("denied", "HTTP_403", "HTTP 403"), "the token must open this project"],
  ["nobody there", new AppError("unavailable", "MCP_NETWORK", "Cannot talk"), "start a gateway with 'mcpctl up'"],
  ["a hint of its own", new AppError("not_found", "HTTP_404", "HTTP 404", { hint: "check the path" }), "check the path"],
])("a bridge that fails is exit code 1 with a hint: %s", async (_, error, hint) => {
  const { exitCode, stdout, stderr } = await run(["--project", "demo", "--url", "https://h"], TOKEN, undefined, error);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toStartWith(`error: ${error.message}\nhint: `);
  expect(stderr).toContain(hint);
});

test("stdio --help names flags, variables and exit codes", async () => {
  const { stdout } = await run(["--help"]);
  for (const word of [
    "--project",
    "--server",
    "--url",
    "--token-file",
    "MCPCTL_TOKEN",
    "MCPLOCAL_URL",
    "0 the client has",
    "1 the gateway",
    "2 wrong usage",
  ]) {
    expect(stdout).toContain(word);
  }
});
