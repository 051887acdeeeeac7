import { expect, test } from "bun:test";
import { captureWithApi } from "../captured-cli.fixture.ts";
import { fakeApi, RAW_KEY, RAW_TOKEN } from "../fake-api.fixture.ts";

/** The body of the one request that the command made. */
async function bodyOf(argv: readonly string[], stdin = ""): Promise<unknown> {
  const api = fakeApi();
  const run = await captureWithApi(["create", ...argv], api, { readStdin: async () => stdin });
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  expect(api.calls).toHaveLength(1);
  return api.calls[0]?.body;
}

async function refusalOf(argv: readonly string[]): Promise<string> {
  const api = fakeApi();
  const run = await captureWithApi(["create", ...argv], api);
  expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  expect(api.calls).toEqual([]);
  return run.stderr;
}

test("create project takes its servers in their order", async () => {
  expect(await bodyOf(["project", "demo", "--server", "b", "--server", "a", "--description", "d"])).toEqual({
    name: "demo",
    description: "d",
    servers: ["b", "a"],
  });
});

test("create project --force leaves one that is there as it is and succeeds", async () => {
  const api = fakeApi();
  expect(await captureWithApi(["create", "project", "vllm", "--force"], api)).toEqual({
    exitCode: 0,
    stdout: "project/vllm created\n",
    stderr: "",
  });
  expect(await captureWithApi(["create", "project", "vllm", "--force"], api)).toEqual({
    exitCode: 0,
    stdout: "project/vllm unchanged\n",
    stderr: "",
  });
  expect(await captureWithApi(["create", "project", "vllm"], api)).toMatchObject({ exitCode: 1, stdout: "" });
  expect(api.tables.projects).toHaveLength(1);
});

test("create server --url", async () => {
  const flags = ["--header", "X-Env=a=b", "--secret-header", "Authorization=key", "--allow-address", "10.0.0.0/8"];
  flags.push("--rate-limit", "60", "--project", "demo", "--project", "shop", "--description", "d", "--disabled");
  expect(await bodyOf(["server", "docs", "--url", "https://h/mcp", ...flags])).toEqual({
    handle: "docs",
    description: "d",
    backing: {
      kind: "url",
      url: "https://h/mcp",
      headers: { "X-Env": "a=b" },
      secretHeaders: { Authorization: "key" },
      allowAddresses: ["10.0.0.0/8"],
    },
    enabled: false,
    rateLimit: 60,
    writeTools: false,
    policy: {},
    projects: ["demo", "shop"],
  });
});

test("create server --command takes arguments that look like flags of ours", async () => {
  const flags = ["--arg", "-y", "--arg", "--version", "--arg", "--context", "--env", "A=1", "--secret-env", "KEY=key"];
  expect(await bodyOf(["server", "files", "--command", "npx", ...flags])).toMatchObject({
    backing: { kind: "stdio", command: "npx", args: ["-y", "--version", "--context"], env: { A: "1" }, secretEnv: { KEY: "key" } },
  });
});

test("create server --builtin", async () => {
  expect(await bodyOf(["server", "content", "--builtin", "content"])).toMatchObject({
    handle: "content",
    backing: { kind: "builtin", name: "content" },
  });
});

test("create server --write-tools turns on the tools that write, which are off by default", async () => {
  expect(await bodyOf(["server", "content", "--builtin", "content"])).toMatchObject({ writeTools: false });
  expect(await bodyOf(["server", "content", "--builtin", "content", "--write-tools"])).toMatchObject({ writeTools: true });
});

const CONTENT_SERVER = ["server", "content", "--builtin", "content"];

test("create server takes a policy in flags, each in its place and in its unit", async () => {
  const flags = ["--deny-tool", "drop_*", "--deny-tool", "x?", "--scope", "tools/call=mcp:admin", "--scope", "*=mcp:read"];
  flags.push("--tool-rename", "q=search", "--tool-description", "q=finds = all", "--tool-hide", "raw", "--tool-hide", "q");
  flags.push("--tool-definition", `q=${"0a".repeat(32)}`);
  flags.push("--concurrency", "8", "--method-rate-limit", "tools/list=0", "--stream", "off", "--idle-timeout", "30s");
  flags.push("--total-timeout", "5m", "--max-payload-kb", "64", "--max-result-bytes", "5000", "--max-result-items", "10");
  flags.push("--era", "legacy", "--probe", "30s");
  expect(await bodyOf([...CONTENT_SERVER, ...flags])).toMatchObject({
    policy: {
      denyTools: ["drop_*", "x?"],
      scopes: { "tools/call": "mcp:admin", "*": "mcp:read" },
      tools: { q: { rename: "search", description: "finds = all", hidden: true, definition: "0a".repeat(32) }, raw: { hidden: true } },
      concurrency: 8,
      rateLimits: { "tools/list": 0 },
      stream: { enabled: false },
      timeouts: { idleSeconds: 30, totalSeconds: 300 },
      maxPayloadBytes: 65_536,
      maxResultBytes: 5000,
      maxResultItems: 10,
      era: "legacy",
      probe: { intervalSeconds: 30 },
    },
  });
  expect(await bodyOf([...CONTENT_SERVER, "--probe", "off", "--stream", "on"])).toMatchObject({
    policy: { probe: "off", stream: { enabled: true } },
  });
});

test("create server says how a program is shared, how a URL is spoken to, and that a server has no limit", async () => {
  expect(await bodyOf(["server", "x", "--command", "npx", "--sharing", "per_session"])).toMatchObject({
    backing: { kind: "stdio", sharing: "per_session" },
  });
  expect(await bodyOf(["server", "x", "--url", "http://h", "--transport", "sse", "--rate-limit", "0"])).toMatchObject({
    backing: { kind: "url", transport: "sse" },
    rateLimit: 0,
  });
});

test.each([
  [["server", "x"], "nothing is given for what is behind the server\nhint: give exactly one of --url, --command, --builtin and --service"],
  [["server", "x", "--url", "http://h", "--command", "c"], "--url and --command are given"],
  [["server", "x", "--url", "http://h", "--arg", "c"], "--arg does not go with --url\nhint: it goes with --command"],
  [["server", "x", "--builtin", "b", "--secret-header", "a=b"], "--secret-header does not go with --builtin\nhint: it goes with --url"],
  [["server", "x", "--url", "http://h", "--header", "hunter2"], "--header is not NAME=VALUE"],
  [["server", "x", "--url", "http://h", "--header", "a=1", "--header", "a=2"], "--header names 'a' twice"],
  [["server", "x", "--url", "http://h", "--rate-limit", "-1"], "--rate-limit '-1' is no number of calls a minute"],
  [["server", "x", "--url", "http://h", "--sharing", "shared"], "--sharing does not go with --url\nhint: it goes with --command"],
  [["server", "x", "--builtin", "b", "--scope", "ping=mcp:all"], "--scope: there is no scope 'mcp:all'"],
  [["server", "x", "--builtin", "b", "--concurrency", "many"], "--concurrency: 'many' is no whole number"],
  [["server", "x", "--builtin", "b", "--idle-timeout", "1500ms"], "--idle-timeout: '1500ms' is not in whole seconds"],
  [["server", "x", "--builtin", "b", "--stream", "maybe"], "option '--stream <switch>' argument 'maybe' is invalid"],
  [["user", "jo", "--role", "amdin"], "There is no role 'amdin'\nhint: did you mean admin?"],
  [["prompt", "x", "-p", "demo", "--template-file", "-", "--arg", "a b"], "--arg 'a b' is no argument of a prompt"],
  [["prompt", "x", "-p", "demo", "--template-file", "/nowhere/x.md"], "/nowhere/x.md cannot be read: ENOENT"],
  [["secret", "key"], "The secret has no value"],
  [["server", "x", "--service", "ha/api/z", "--port", "1"], "--service 'ha/api/z' is no component\nhint: write SERVICE/COMPONENT"],
  [["server", "x", "--service", "ha/api"], "--port is missing"],
  [["server", "x", "--service", "ha/api", "--port", "99999"], "--port '99999' is no port"],
  [["server", "x", "--url", "https://a.example/", "--port", "1"], "--port does not go with --url\nhint: it goes with --service"],
  [["secret", "key", "--value-stdin"], "--value-stdin found nothing on standard input"],
  [["user", "jo", "--password-stdin"], "--password-stdin found nothing on standard input"],
  [["user", "jo", "--password", "hunter2"], "unknown option '--password'\nhint: others can read the arguments of a process"],
])("create %p is refused before anything is sent", async (argv, message) => {
  const stderr = await refusalOf(argv);
  expect(stderr).toContain(`error: ${message}`);
  expect(stderr).not.toContain("hunter2");
});

test("create user reads the password from standard input, without its line end", async () => {
  expect(
    await bodyOf(["user", "jo", "--email", "Jo@Example.org", "--role", "view", "--role", "run", "--password-stdin"], "long password 1\n"),
  ).toEqual({
    username: "jo",
    email: "jo@example.org",
    roles: ["view", "run"],
    disabled: false,
    password: "long password 1",
  });
  expect(await bodyOf(["user", "bot"])).not.toHaveProperty("password");
});

test("create group and create secret", async () => {
  expect(await bodyOf(["group", "dev", "--member", "jo", "--member", "ada"])).toMatchObject({ name: "dev", members: ["jo", "ada"] });
  expect(await bodyOf(["secret", "key", "--value-stdin"], "line 1\nline 2\n")).toMatchObject({ name: "key", value: "line 1\nline 2" });
});

test("create prompt reads its template, and arguments with ! are required", async () => {
  const argv = ["prompt", "hello", "-p", "demo", "--template-file", "-", "--arg", "name!:who: a person", "--arg", "tone"];
  expect(await bodyOf(argv, "Hello {{name}}\n")).toEqual({
    name: "hello",
    project: "demo",
    description: "",
    arguments: [
      { name: "name", description: "who: a person", required: true },
      { name: "tone", description: "", required: false },
    ],
    template: "Hello {{name}}\n",
  });
});

const RBAC = ["rbac", "developers", "--subject", "User:jo@example.org"];
const JO = { kind: "User", name: "jo@example.org" };

test("create rbac: a role on a whole kind", async () => {
  const body = { name: "developers", subjects: [JO], roleBindings: [{ role: "edit", resource: "servers" }] };
  expect(await bodyOf([...RBAC, "--roleBindings", "role:edit,resource:servers"])).toEqual(body);
});

test("create rbac: a role on the one that is named", async () => {
  const roleBindings = [{ role: "view", resource: "servers", name: "my-ha" }];
  expect(await bodyOf([...RBAC, "--roleBindings", "role:view,resource:servers,name:my-ha"])).toMatchObject({ roleBindings });
});

test("create rbac: an action", async () => {
  expect(await bodyOf([...RBAC, "--roleBindings", "action:logs"])).toMatchObject({ roleBindings: [{ action: "logs" }] });
});

test("create rbac: --roleBindings may be repeated", async () => {
  const roleBindings = [{ role: "edit", resource: "servers" }, { action: "logs" }];
  expect(await bodyOf([...RBAC, "--roleBindings", "role:edit,resource:servers", "--roleBindings", "action:logs"])).toMatchObject({
    roleBindings,
  });
});

test("create rbac: --subject may be repeated and be a user, a group or a token", async () => {
  const argv = [...RBAC, "--subject", "Group:dev", "--subject", `McpToken:${"a".repeat(64)}`, "--roleBindings", "action:logs"];
  const subjects = [JO, { kind: "Group", name: "dev" }, { kind: "McpToken", name: "a".repeat(64) }];
  expect(await bodyOf(argv)).toMatchObject({ subjects });
});

test("create rbac: a subject that is none is refused", async () => {
  expect(await refusalOf(["rbac", "x", "--subject", "jo", "--roleBindings", "action:logs"])).toContain("'jo' is no subject");
});

test("create rbac: a binding that is none is refused", async () => {
  expect(await refusalOf([...RBAC, "--roleBindings", "edit:servers"])).toContain("The role binding 'edit:servers' is not one");
});

test.each([
  ["--binding", "edit:servers", "write --roleBindings role:edit,resource:servers for what was --binding edit:servers"],
  ["--operation", "logs", "write --roleBindings action:logs for what was --operation logs"],
])("create rbac: the old flag %s is gone, and its refusal says what to write", async (flag, value, hint) => {
  expect(await refusalOf([...RBAC, flag, value])).toBe(`error: unknown option '${flag}'\nhint: ${hint}\n`);
  const { stdout } = await captureWithApi(["create", "rbac", "--help"], fakeApi());
  expect(stdout).not.toContain(`${flag} `);
});

test("create mcptoken prints the raw token as the only line of standard output, and the rest on standard error", async () => {
  const api = fakeApi();
  const argv = [
    "create",
    "mcptoken",
    "vllm-token",
    "--project",
    "vllm",
    "--rbac",
    "clone",
    "--bind",
    "role:run,resource:servers,name:content",
  ];
  const run = await captureWithApi([...argv, "--ttl", "30d", "--description", "d", "--force"], api);
  expect(run).toMatchObject({ exitCode: 0, stdout: `${RAW_TOKEN}\n` });
  expect(run.stderr).toBe(
    [
      "mcptoken/vllm/vllm-token created",
      "In the project vllm it may do, within what its owner may:",
      "  role:run,resource:servers,name:content",
      "It expires at 2026-07-01T12:00:00.000Z (in 30d).",
      "Copy it now: it is not shown again.",
      "",
    ].join("\n"),
  );
  expect(api.calls[0]?.body).toEqual({
    name: "vllm-token",
    project: "vllm",
    description: "d",
    rbac: "clone",
    roleBindings: [{ role: "run", resource: "servers", name: "content" }],
    expiresAt: "2026-07-01T12:00:00.000Z",
    force: true,
  });
});

test("create mcptoken without more is a token without rights that does not expire", async () => {
  const api = fakeApi();
  const run = await captureWithApi(["create", "token", "ci", "-p", "demo"], api);
  expect(api.calls[0]?.body).toMatchObject({ rbac: "empty", roleBindings: [], expiresAt: null, force: false });
  expect(run.stderr).toContain("nothing yet: it has no role bindings");
  expect(run.stderr).toContain("It does not expire.");
});

test("create mcptoken -o json prints the API's answer", async () => {
  const run = await captureWithApi(["create", "mcptoken", "ci", "-p", "demo", "-o", "json"], fakeApi());
  expect(JSON.parse(run.stdout)).toMatchObject({ name: "ci", token: RAW_TOKEN, status: "active" });
  expect(run.stdout.match(/mcpctl_pat_a{43}/g)).toHaveLength(1);
});

test.each([["empty"], ["12h"], ["never"], ["2027-01-31T18:00:00Z"]])("create mcptoken --ttl %s", async (ttl) => {
  const api = fakeApi();
  const run = await captureWithApi(["create", "mcptoken", "ci", "-p", "demo", "--ttl", ttl], api);
  const expiresAt = { "12h": "2026-06-02T00:00:00.000Z", never: null, "2027-01-31T18:00:00Z": "2027-01-31T18:00:00.000Z" }[ttl];
  if (expiresAt === undefined) expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("neither a duration nor a date") });
  else expect(api.calls[0]?.body).toMatchObject({ expiresAt });
});

test("create gateway prints its key as the only line of standard output", async () => {
  const run = await captureWithApi(["create", "gateway", "edge-1", "--description", "d"], fakeApi());
  expect(run).toMatchObject({ exitCode: 0, stdout: `${RAW_KEY}\n`, stderr: expect.stringContaining("MCPLOCAL_GATEWAY_TOKEN_FILE") });
});

test("mcpctl create mcptoken --help renders every flag with examples", async () => {
  const run = await captureWithApi(["create", "mcptoken", "--help"], fakeApi());
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  const shown = ["mcpctl create mcptoken|token", "<name>", "-p, --project <project>", "--rbac <start>", '"empty"', "--bind <binding>"];
  shown.push(
    "--ttl <time>",
    "30d, 12h, never",
    "--description <text>",
    "--force",
    "-o, --output <format>",
    "Examples:",
    "grep mcpctl_pat_",
  );
  for (const text of shown) expect(run.stdout).toContain(text);
});

test("a server of a component is on the only node there is, or on the one that is said", async () => {
  const node = { name: "rack-1", address: "rack-1:9444", description: "", version: 1 };
  const one = fakeApi({ nodes: [node] });
  const ha = ["create", "server", "ha", "--service", "ha/api", "--port", "8080"];
  expect((await captureWithApi(ha, one)).exitCode).toBe(0);
  const backing = { kind: "component", node: "rack-1", service: "ha", component: "api", port: 8080 };
  expect(one.tables.servers[0]).toMatchObject({ handle: "ha", backing });
  const two = fakeApi({ nodes: [node, { ...node, name: "rack-2" }] });
  expect((await captureWithApi(ha, two)).stderr).toBe("error: There are several nodes\nhint: say which with --node: rack-1, rack-2\n");
  expect((await captureWithApi([...ha, "--node", "rack-2", "--path", "/x"], two)).exitCode).toBe(0);
  expect(two.tables.servers[0]).toMatchObject({ backing: { ...backing, node: "rack-2", path: "/x" } });
  expect((await captureWithApi(ha, fakeApi())).stderr).toContain("hint: make one known: mcpctl create node NAME HOST:PORT");
});

test("a node is created with a certificate from standard input, and shown without it", async () => {
  const api = fakeApi();
  const pem = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----";
  const created = await captureWithApi(["create", "node", "rack-1", "rack-1:9444", "--certificate-stdin"], api, {
    readStdin: async () => `${pem}\n`,
  });
  expect([created.exitCode, api.tables.nodes[0]]).toMatchObject([0, { name: "rack-1", address: "rack-1:9444", certificate: pem }]);
});
