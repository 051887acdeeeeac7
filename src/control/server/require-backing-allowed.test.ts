import { expect, test } from "bun:test";
import type { Backing } from "../../api/server-definition.ts";
import { systemActor } from "../access/system-actor.ts";
import { adminNamed, userWith } from "../snapshot/nouns.fixture.ts";
import { backingPolicyFor } from "./backing-policy.ts";
import { requireBackingAllowed } from "./require-backing-allowed.ts";
import { parseBacking } from "./server.ts";

const LOCAL = backingPolicyFor("127.0.0.1");
const OPEN = backingPolicyFor("0.0.0.0");
const ADMIN = adminNamed("ada").caller;
/** May do all with servers and secrets, and is still no administrator. */
const EDITOR = userWith(
  "bob",
  ...(["create", "edit", "delete", "view", "run"] as const).flatMap((role) => [
    { role, resource: "servers" } as const,
    { role, resource: "secrets" } as const,
  ]),
).caller;

/** `ok`, or the reason of the refusal. */
function verdict(backing: Backing, caller = ADMIN, policy = LOCAL): string {
  try {
    requireBackingAllowed(policy, caller, backing);
    return "ok";
  } catch (thrown) {
    return (thrown as { reason: string }).reason;
  }
}

const stdio = (command: string, more: Partial<Extract<Backing, { kind: "stdio" }>> = {}): Backing => ({
  kind: "stdio",
  command,
  args: [],
  env: {},
  ...more,
});
const url = (address: string, more: Partial<Extract<Backing, { kind: "url" }>> = {}): Backing => ({ kind: "url", url: address, ...more });

test("only an administrator puts a program behind a server", () => {
  expect(verdict(stdio("npx"), ADMIN)).toBe("ok");
  expect(verdict(stdio("npx"), systemActor().caller)).toBe("ok");
  expect(verdict(stdio("npx"), EDITOR)).toBe("STDIO_NEEDS_ADMIN");
});

test("only what the list names is run, letter by letter: a path is not the name at its end", () => {
  for (const command of ["npx", "bunx", "node", "bun", "uvx", "python3"]) expect(verdict(stdio(command))).toBe("ok");
  const others = [
    "sh",
    "bash",
    "curl",
    "/usr/bin/node",
    "./node",
    "../node",
    "bin/node",
    "node ",
    " node",
    "Node",
    "NPX",
    "node.exe",
    "node;id",
    "node\nsh",
    "nodе",
    "npx -y",
    "env",
  ];
  for (const command of others) expect({ command, verdict: verdict(stdio(command)) }).toEqual({ command, verdict: "COMMAND_NOT_ALLOWED" });
  const paths = { ...LOCAL, commands: ["/usr/bin/node"] };
  expect(verdict(stdio("/usr/bin/node"), ADMIN, paths)).toBe("ok");
  for (const command of ["node", "/usr/bin/../bin/node", "/usr/bin/node/"])
    expect(verdict(stdio(command), ADMIN, paths)).toBe("COMMAND_NOT_ALLOWED");
});

test("where the API listens beyond this machine, programs take a word of the operator", () => {
  expect(verdict(stdio("npx"), ADMIN, OPEN)).toBe("STDIO_DISABLED");
  expect(verdict(stdio("npx"), ADMIN, backingPolicyFor("0.0.0.0", { stdioEnabled: true }))).toBe("ok");
  expect(verdict(stdio("npx"), ADMIN, backingPolicyFor("127.0.0.1", { stdioEnabled: false }))).toBe("STDIO_DISABLED");
});

test("variables that load code into a program are refused, plain or secret, in any case", () => {
  const refused = [
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "NODE_OPTIONS",
    "node_options",
    "NODE_PATH",
    "BUN_OPTIONS",
    "npm_config_node_options",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PERL5OPT",
    "RUBYOPT",
    "BASH_ENV",
    "JAVA_TOOL_OPTIONS",
    "OPENSSL_CONF",
    "PATH",
    "XDG_CONFIG_HOME",
    "npm_config_userconfig",
    "GIT_SSH_COMMAND",
    "PYTHONWARNINGS",
  ];
  for (const name of refused) {
    expect({ name, verdict: verdict(stdio("node", { env: { [name]: "x" } })) }).toEqual({ name, verdict: "SERVER_BACKING_REFUSED" });
    expect(verdict(stdio("node", { secretEnv: { [name]: "key" } }))).toBe("SERVER_BACKING_REFUSED");
  }
  for (const name of ["API_KEY", "PYTHONUNBUFFERED", "NODE_ENV", "HOME", "MY_LD_PRELOAD"])
    expect(verdict(stdio("node", { env: { [name]: "x" } }))).toBe("ok");
  expect(verdict(stdio("node", { env: { A: "1" }, secretEnv: { A: "key" } }))).toBe("SERVER_BACKING_REFUSED");
});

test("a built-in server is one that there is", () => {
  expect(verdict({ kind: "builtin", name: "content" }, EDITOR)).toBe("ok");
  for (const name of ["", "Content", "content ", "../content", "toString"])
    expect(verdict({ kind: "builtin", name })).toBe("SERVER_BACKING_REFUSED");
});

test("a URL goes to public addresses, whoever registers it", () => {
  for (const address of ["https://example.org/mcp", "http://8.8.8.8:8080/mcp", "https://[2606:4700::1111]/"])
    expect(verdict(url(address), EDITOR)).toBe("ok");
  const refused = [
    "http://10.0.0.1/mcp",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://0.0.0.0:3100/",
    "http://[fd00::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:a00:1::]/",
  ];
  for (const address of refused) {
    for (const [caller, policy] of [
      [EDITOR, LOCAL],
      [ADMIN, LOCAL],
      [ADMIN, OPEN],
    ] as const) {
      expect({ address, verdict: verdict(url(address), caller, policy) }).toEqual({ address, verdict: "ADDRESS_NOT_ALLOWED" });
    }
  }
});

test("this machine's addresses are an administrator's to register, and only where the API listens on it alone", () => {
  for (const address of [
    "http://127.0.0.1:8080/mcp",
    "http://localhost:8080/",
    "http://[::1]:1/",
    "http://0x7f.1/",
    "http://a.localhost/",
  ]) {
    expect(verdict(url(address), ADMIN, LOCAL)).toBe("ok");
    expect(verdict(url(address), EDITOR, LOCAL)).toBe("ADDRESS_NOT_ALLOWED");
    expect(verdict(url(address), ADMIN, OPEN)).toBe("ADDRESS_NOT_ALLOWED");
  }
});

test("an administrator opens private ranges one by one, and nobody else does", () => {
  const private10 = url("http://10.1.2.3/mcp", { allowAddresses: ["10.0.0.0/8"] });
  expect(verdict(private10, ADMIN, OPEN)).toBe("ok");
  expect(verdict(private10, EDITOR, LOCAL)).toBe("ALLOW_ADDRESSES_NEEDS_ADMIN");
  expect(verdict(url("https://example.org/", { allowAddresses: ["10.0.0.0/8"] }), EDITOR)).toBe("ALLOW_ADDRESSES_NEEDS_ADMIN");
  expect(verdict(url("http://192.168.0.1/", { allowAddresses: ["10.0.0.0/8"] }), ADMIN)).toBe("ADDRESS_NOT_ALLOWED");
});

test("a URL holds no credentials, no fragment and nothing that only looks like something else", () => {
  for (const address of [
    "https://user:pass@example.org/",
    "https://user@example.org/",
    "https://:pass@example.org/",
    "https://example.org/#x",
    "https://exаmple.org/",
    "https://example.org/a b",
    "https://exam\tple.org/",
    "https://example.org/\0",
  ]) {
    expect({ address, verdict: verdict(url(address)) }).toEqual({ address, verdict: "SERVER_BACKING_REFUSED" });
  }
});

test("headers that are the connection's own are refused, and so is one that is given twice", () => {
  for (const name of [
    "Host",
    "content-length",
    "Transfer-Encoding",
    "Connection",
    "Mcp-Session-Id",
    "MCP-Protocol-Version",
    "Mcp-Method",
    "mcp-name",
    "Traceparent",
    "tracestate",
    "Content-Type",
  ]) {
    expect(verdict(url("https://example.org/", { headers: { [name]: "x" } }))).toBe("SERVER_BACKING_REFUSED");
    expect(verdict(url("https://example.org/", { secretHeaders: { [name]: "key" } }))).toBe("SERVER_BACKING_REFUSED");
  }
  expect(verdict(url("https://example.org/", { headers: { "X-A": "1" }, secretHeaders: { Authorization: "key" } }))).toBe("ok");
  expect(verdict(url("https://example.org/", { headers: { "X-A": "1" }, secretHeaders: { "x-a": "key" } }))).toBe("SERVER_BACKING_REFUSED");
  expect(verdict(url("https://example.org/", { headers: { "X-A": "1", "x-a": "2" } }))).toBe("SERVER_BACKING_REFUSED");
});

test("a secret is sent to a server only by who may see it", () => {
  const backing = url("https://example.org/", { secretHeaders: { Authorization: "key", "X-B": "other" } });
  const both = userWith("bob", { role: "view", resource: "secrets", name: "key" }, { role: "view", resource: "secrets", name: "other" });
  expect(verdict(backing, both.caller)).toBe("ok");
  expect(verdict(backing, userWith("bob", { role: "view", resource: "secrets", name: "key" }).caller)).toBe("PERMISSION_DENIED");
});

test("a backing that could not work names the field and its limit", () => {
  const refused: Readonly<Record<string, unknown>> = {
    "backing.kind": { kind: "other" },
    "backing.command": { kind: "stdio", command: "" },
    "backing.args: must have at most 256 arguments": { kind: "stdio", command: "node", args: Array(10_000).fill("x") },
    "backing.args.0: must have at most 4096 characters": { kind: "stdio", command: "node", args: ["x".repeat(5000)] },
    "backing.args.0: must not hold NUL": { kind: "stdio", command: "node", args: ["a\0b"] },
    "backing.env: must have at most 64 entries": {
      kind: "stdio",
      command: "node",
      env: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`A${i}`, ""])),
    },
    "backing.env.A-B": { kind: "stdio", command: "node", env: { "A-B": "" } },
    "backing: has": { kind: "stdio", command: "node", args: Array(100).fill("x".repeat(4000)) },
    "backing.url: must be an http or https URL": { kind: "url", url: "file:///etc/passwd" },
    "backing.headers.X: must be printable ASCII": { kind: "url", url: "https://example.org", headers: { X: "a\r\nb: c" } },
    "backing.allowAddresses": { kind: "url", url: "https://example.org", allowAddresses: ["10.0.0.0"] },
    backing: { kind: "builtin", name: "content", more: 1 },
  };
  for (const [message, backing] of Object.entries(refused)) expect(() => parseBacking(backing)).toThrow(message);
  for (const backing of [undefined, null, 1, "x", []]) {
    expect(() => parseBacking(backing)).toThrow(expect.objectContaining({ code: "invalid", reason: "SERVER_BACKING_INVALID" }));
  }
});
