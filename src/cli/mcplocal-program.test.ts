import { expect, test } from "bun:test";
import { createGatewayProgram, type GatewayServeOptions } from "./mcplocal-program.ts";
import { runCli } from "./run-cli.ts";

async function run(argv: readonly string[], env: Record<string, string> = {}) {
  let [stdout, stderr] = ["", ""];
  const served: GatewayServeOptions[] = [];
  const program = createGatewayProgram({
    env,
    cores: 4,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    serveBridge: async () => 0,
    serve: async (options) => {
      served.push(options);
      return 0;
    },
    localInstance: () => undefined,
    bridge: async () => {},
  });
  return { exitCode: await runCli(program, argv), stdout, stderr, served };
}

test("serve takes mcpd's URL, address, key file and cache times from the environment", async () => {
  const { served } = await run(["serve"], {
    MCPLOCAL_MCPD_URL: "http://mcpd.example:3100/",
    MCPLOCAL_HTTP_HOST: "0.0.0.0",
    MCPLOCAL_HTTP_PORT: "8080",
    MCPLOCAL_GATEWAY_TOKEN_FILE: "/run/key",
    MCPLOCAL_TOKEN_POSITIVE_TTL_MS: "1000",
    MCPLOCAL_TOKEN_NEGATIVE_TTL_MS: "0",
  });
  const ttls = { positiveTtlMs: 1000, negativeTtlMs: 0 };
  expect(served).toEqual([
    {
      host: "0.0.0.0",
      port: 8080,
      mcpdUrl: "http://mcpd.example:3100",
      config: undefined,
      tokenFile: "/run/key",
      workers: 1,
      multiUser: undefined,
      cacheDir: undefined,
      ...ttls,
      metrics: undefined,
    },
  ]);
});

test("mcpd's URL is all that is required, and flags win over the environment", async () => {
  const flags = ["--port", "0", "--mcpd-url", "http://a", "--config", "gateway.toml", "--metrics-address", "[::1]:9464"];
  const { served } = await run(["serve", ...flags], {
    MCPLOCAL_MCPD_URL: "http://b",
    MCPLOCAL_HTTP_PORT: "1",
  });
  const metrics = { host: "::1", port: 9464 };
  expect(served).toEqual([
    {
      host: "127.0.0.1",
      port: 0,
      mcpdUrl: "http://a",
      config: "gateway.toml",
      tokenFile: undefined,
      workers: 1,
      multiUser: undefined,
      cacheDir: undefined,
      positiveTtlMs: 30_000,
      negativeTtlMs: 5000,
      metrics,
    },
  ]);
});

test.each([
  [{}, "MCPLOCAL_MCPD_URL is not set"],
  [{ MCPLOCAL_MCPD_URL: "mcpd:3100" }, "'mcpd:3100' is no base URL"],
  [{ MCPLOCAL_MCPD_URL: "http://u:p@mcpd" }, "MCPLOCAL_MCPD_URL is no base URL"],
  [{ MCPLOCAL_MCPD_URL: "http://a", MCPLOCAL_HTTP_PORT: "x" }, "MCPLOCAL_HTTP_PORT 'x'"],
  [{ MCPLOCAL_MCPD_URL: "http://a", MCPLOCAL_HTTP_HOST: "a b" }, "MCPLOCAL_HTTP_HOST 'a b'"],
  [{ MCPLOCAL_MCPD_URL: "http://a", MCPLOCAL_WORKERS: "0" }, "MCPLOCAL_WORKERS '0'"],
  [{ MCPLOCAL_MCPD_URL: "http://a", MCPLOCAL_WORKERS: "65" }, "MCPLOCAL_WORKERS '65'"],
  [{ MCPLOCAL_MCPD_URL: "http://a", MCPLOCAL_WORKERS: "two" }, "MCPLOCAL_WORKERS 'two'"],
  [{ MCPLOCAL_MCPD_URL: "http://a", MCPLOCAL_TOKEN_POSITIVE_TTL_MS: "30s" }, "MCPLOCAL_TOKEN_POSITIVE_TTL_MS '30s'"],
])("a wrong environment %p is said and served by nobody", async (env, message) => {
  const { exitCode, stderr, served } = await run(["serve"], env);
  expect({ exitCode, served }).toEqual({ exitCode: 2, served: [] });
  expect(stderr).toContain(`error: ${message}`);
  expect(stderr).toContain("hint: ");
});

test("workers are counted by flag or environment, and auto is one for each core", async () => {
  const env = { MCPLOCAL_MCPD_URL: "http://a", MCPLOCAL_WORKERS: "3" };
  expect((await run(["serve"], env)).served[0]?.workers).toBe(3);
  expect((await run(["serve", "--workers", "2"], env)).served[0]?.workers).toBe(2);
  expect((await run(["serve", "--workers", "auto"], env)).served[0]?.workers).toBe(4);
});

test("serve --help names every variable", async () => {
  const { stdout } = await run(["serve", "--help"]);
  for (const name of [
    "MCPD_URL",
    "HTTP_HOST",
    "HTTP_PORT",
    "GATEWAY_TOKEN_FILE",
    "WORKERS",
    "TOKEN_POSITIVE_TTL_MS",
    "TOKEN_NEGATIVE_TTL_MS",
  ]) {
    expect(stdout).toContain(`MCPLOCAL_${name}`);
  }
});

test("serve speaks HTTP alone: it has no flag for a server to start", async () => {
  const { stdout } = await run(["serve", "--help"]);
  expect(stdout).not.toMatch(/--(upstream|command|stdio)/);
  const { exitCode, stderr, served } = await run(["serve", "--upstream", "x", "--mcpd-url", "http://a"]);
  expect({ exitCode, stderr, served }).toEqual({ exitCode: 2, stderr: expect.stringContaining("unknown option '--upstream'"), served: [] });
});
