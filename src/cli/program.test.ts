import { expect, test } from "bun:test";
import { AppError } from "../core/app-error.ts";
import { VERSION } from "../core/version.ts";
import { BARE_DEPS, captureMcpctl } from "./captured-cli.fixture.ts";
import { commandTree } from "./completion/command-tree.ts";
import type { UpOptions } from "./ports.ts";
import { COMMAND_FILES, createProgram } from "./program.ts";

test("mcpctl test mcp --help shows every flag, the exit codes and the environment", async () => {
  const run = await captureMcpctl(["test", "mcp", "--help"]);
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  const shown = ["mcpctl test mcp", "<url>", "--token <token>", "--tool <name>", "--args <json>", "--expect-tools <names>"];
  shown.push("--timeout <duration>", "-o, --output <format>", '"text", "json"', "--no-health", "Examples:", "MCPCTL_TOKEN");
  shown.push("0  PASS", "1  TRANSPORT/AUTH FAIL", "2  CONTRACT FAIL");
  for (const text of shown) expect(run.stdout).toContain(text);
});

test("mcpctl up --help shows every flag", async () => {
  const run = await captureMcpctl(["up", "--help"]);
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  for (const flag of ["--host", "--api-port", "--gateway-port", "--data-dir", "--ready-file", "--new-token"])
    expect(run.stdout).toContain(flag);
});

test("a bare mcpctl, --help and help show the commands on standard output", async () => {
  const bare = await captureMcpctl([]);
  expect(bare).toMatchObject({ exitCode: 0, stderr: "" });
  expect(bare.stdout).toMatch(/Commands:\n {2}up (?:.*\n)+ {2}test /);
  expect(await captureMcpctl(["--help"])).toEqual(bare);
  expect(await captureMcpctl(["help"])).toEqual({ ...bare, exitCode: 0 });
});

test("--version prints the version", async () => {
  expect(await captureMcpctl(["--version"])).toEqual({ exitCode: 0, stdout: `${VERSION}\n`, stderr: "" });
});

test.each([
  [["tets"], "error: unknown command 'tets'\nhint: did you mean test?\n"],
  [["kubernetes"], "error: unknown command 'kubernetes'\nhint: 'mcpctl --help' shows what there is\n"],
  [["test", "mpc"], "error: unknown command 'mpc'\nhint: did you mean mcp?\n"],
  [["test", "mcp", "http://h/mcp", "--tokn", "x"], "error: unknown option '--tokn'\nhint: did you mean --token?\n"],
  [["test", "mcp", "http://h/mcp", "--zzz"], "error: unknown option '--zzz'\nhint: 'mcpctl test mcp --help' shows what there is\n"],
  [
    ["up", "now"],
    "error: too many arguments for 'up'. Expected 0 arguments but got 1: now.\nhint: 'mcpctl up --help' shows what there is\n",
  ],
])("%p is exit code 2 with an error and a hint", async (argv, stderr) => {
  expect(await captureMcpctl(argv)).toEqual({ exitCode: 2, stdout: "", stderr });
});

test("a group without its command shows its help on standard error and is exit code 2", async () => {
  expect(await captureMcpctl(["test"])).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("mcp [options] <url>") });
});

test("up hands on its flags and ends with the code it is given", async () => {
  const given: UpOptions[] = [];
  const up = async (options: UpOptions) => {
    given.push(options);
    return 3;
  };
  const flags = [
    "--host",
    "::1",
    "--api-port",
    "0",
    "--gateway-port",
    "0",
    "--data-dir",
    "d",
    "--ready-file",
    "r.json",
    "--new-token",
    ...["--database-url", "postgres://db/x", "--config", "c.toml", "--metrics-address", "127.0.0.1:0"],
  ];
  expect(await captureMcpctl(["up"], { up })).toMatchObject({ exitCode: 3, stdout: "", stderr: "" });
  await captureMcpctl(["up", ...flags], { up });
  expect(given).toEqual([
    {
      host: "127.0.0.1",
      apiPort: 3100,
      gatewayPort: 3200,
      dataDir: undefined,
      databaseUrl: undefined,
      config: undefined,
      metrics: undefined,
      readyFile: undefined,
      agent: true,
      newToken: false,
    },
    {
      host: "::1",
      apiPort: 0,
      gatewayPort: 0,
      dataDir: "d",
      databaseUrl: "postgres://db/x",
      config: "c.toml",
      metrics: { host: "127.0.0.1", port: 0 },
      readyFile: "r.json",
      agent: true,
      newToken: true,
    },
  ]);
});

test.each([
  ["--api-port", "65536"],
  ["--api-port", "-1"],
  ["--gateway-port", "3x"],
  ["--gateway-port", ""],
  ["--gateway-port", "3100"],
  ["--host", "http://x"],
  ["--host", ""],
  ["--data-dir", " "],
  ["--ready-file", ""],
])("up %s '%s' is refused before anything starts", async (flag, value) => {
  let started = false;
  const up = async () => {
    started = true;
    return 0;
  };
  const run = await captureMcpctl(["up", `${flag}=${value}`], { up });
  expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run.stderr).toStartWith("error: ");
  expect(run.stderr).toContain(flag);
  expect(started).toBe(false);
});

test("a start that fails shows its error and hint on a line each", async () => {
  const up = async () => {
    throw new AppError("conflict", "PORT_TAKEN", "Port 3100 is\ntaken", { hint: "choose another with --api-port" });
  };
  expect(await captureMcpctl(["up"], { up })).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: Port 3100 is taken\nhint: choose another with --api-port\n",
  });
});

test("a defect is told as one, without a stack", async () => {
  const up = async () => {
    throw new TypeError("x is not a function");
  };
  const run = await captureMcpctl(["up"], { up });
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatch(/^error: Something failed inside: TypeError: x is not a function\nhint: .+\n$/);
});

test("every command has help with examples, and every flag and argument in it says what it is", async () => {
  const program = await createProgram({ ...BARE_DEPS, stdout: () => undefined, stderr: () => undefined });
  const leaves = commandTree(program).filter(({ children }) => children.length === 0);
  expect(leaves.length).toBeGreaterThan(25);
  for (const { path, options } of leaves) {
    const run = await captureMcpctl([...path.split(" ").slice(1), "--help"]);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toContain("\nExamples:\n  ");
    expect(options.filter(({ description }) => description === "").map(({ words }) => `${path} ${words}`)).toEqual([]);
  }
});

test("the root has --config, and its help lists every command of the fleet", async () => {
  const { stdout } = await captureMcpctl(["--help"]);
  expect(stdout).toContain("--config <file>");
  const verbs = "login deploy plan rollback stop start restart list ps status sync adopt service push pull logs exec events node ops";
  for (const verb of verbs.split(" ")) expect(stdout).toMatch(new RegExp(`^ {2}${verb} `, "m"));
  for (const verb of ["show", "edit", "export", "validate"])
    expect((await captureMcpctl(["service", "--help"])).stdout).toContain(`  ${verb} `);
  for (const verb of ["list", "add", "remove", "status", "drain"])
    expect((await captureMcpctl(["node", "--help"])).stdout).toContain(`  ${verb} `);
});

test.each(COMMAND_FILES.map(({ words }) => words))("one command loaded alone answers to its words: %s", async (...words) => {
  for (const word of words) {
    const { commands } = await createProgram({ ...BARE_DEPS, stdout: () => undefined, stderr: () => undefined }, word);
    const known = commands.flatMap((command) => [command.name(), ...command.aliases()]);
    // The one that prints completions knows all of them.
    if (word === "completion") expect(known.length).toBeGreaterThan(words.length);
    else expect(known.sort()).toEqual([...words].sort());
  }
});

test("a first word that is no command, or a flag, is looked up among all of them", async () => {
  const typo = await captureMcpctl(["gett", "servers"]);
  expect([typo.exitCode, typo.stderr]).toEqual([2, "error: unknown command 'gett'\nhint: did you mean get?\n"]);
  const flag = await captureMcpctl(["--context", "nowhere", "get", "servers"], { env: { HOME: "/nonexistent" } });
  expect(flag.stderr).toContain("nowhere");
});
