/**
 * Security rule 11: a secret is shown once, to whom it is given, and then stands nowhere: not in the log, the audit log,
 * errors, metrics, states, the logs of servers, answers of the API, or files, in plain. A whole installation is run with
 * secrets that are known, everything is done with them that can be done, and then all that it has said is searched.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { obligingBacking } from "../../e2e/support/obliging-backing.ts";
import { programPath } from "../../e2e/support/program-path.ts";
import { Scratch } from "../../e2e/support/scratch.ts";
import { type Ready, ROOT, type UpProcess } from "../../e2e/support/up-process.ts";
import { waitUntil } from "../../e2e/support/wait-until.ts";

const LIMIT_MS = 60_000;
const scratch = new Scratch("secrets");
const PASSWORD = "correct-horse-battery-staple-77";
const KEY = "sk-9f8e7d6c5b4a-for-stdio";
const HEADER = "Bearer 0123456789-for-http";
const CHANGED = "sk-second-value-of-a-secret";
const WRONG = { password: "wrong-horse-battery-staple-78", token: `mcpctl_pat_${"W".repeat(43)}`, session: `mcpctl_ses_${"X".repeat(43)}` };

interface Said {
  readonly what: string;
  readonly text: string;
}

/** All answers but those in which a secret is given to who asked for it. */
const said: Said[] = [];
/** By what they are. */
const secrets = new Map<string, string>(
  Object.entries({ PASSWORD, KEY, HEADER, "the bearer of HEADER": HEADER.slice(7), CHANGED, ...WRONG }),
);
let up: UpProcess;
let ready: Ready;
let session = "";

/** A server over HTTP that says what credential it was asked with. */
const echoing = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const { id } = (await request.json().catch(() => ({}))) as { id?: unknown };
    const message = `no such key: ${request.headers.get("authorization")} \u001b[2J`;
    return Response.json({ jsonrpc: "2.0", id: id ?? null, error: { code: -32000, message } }, { headers: { "x-echo": "1" } });
  },
});
afterAll(() => echoing.stop(true));

interface Sending {
  readonly bearer?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request and keeps what was answered. */
async function send(method: string, url: string, { bearer = session, body, headers = {} }: Sending = {}) {
  const all = {
    authorization: `Bearer ${bearer}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...headers,
  };
  const response = await fetch(url, { method, headers: all, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  said.push({ what: `${method} ${url}`, text: `${JSON.stringify([...response.headers])} ${text}` });
  return { status: response.status, headers: response.headers, json: text.startsWith("{") ? JSON.parse(text) : undefined };
}

const api = (method: string, path: string, sending?: Sending) => send(method, `${ready.api}/api/v1${path}`, sending);

/** The same, where the answer gives a secret to who asked for it: that is taken out of what is kept. */
async function given(name: string, member: string, answer: ReturnType<typeof send>): Promise<string> {
  const { json } = await answer;
  const secret = json?.[member] as string;
  expect({ name, secret: typeof secret }).toEqual({ name, secret: "string" });
  const last = said.pop() as Said;
  said.push({ ...last, text: last.text.replace(secret, "") });
  secrets.set(name, secret);
  return secret;
}

async function useGateway(token: string): Promise<void> {
  const initialize = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "n", version: "1" } },
  };
  for (const path of [
    "/projects/sec/mcp",
    "/mcp",
    "/api/v1/mcp/obliging",
    "/emcp/obliging",
    "/api/v1/mcp/leaking",
    "/api/v1/mcp/echoing",
  ]) {
    const url = `${ready.gateway}${path}`;
    const opened = await send("POST", url, { bearer: token, body: initialize });
    const sealed = opened.headers.get("mcp-session-id");
    if (sealed !== null) {
      secrets.set(`session at ${path}`, sealed);
      const last = said.pop() as Said;
      said.push({ ...last, text: last.text.replace(sealed, "") });
      const call = {
        jsonrpc: "2.0",
        id: 2,
        method: "tools/call",
        params: { name: path.includes("/obliging") ? "say" : "obliging__say", arguments: { text: "$SECRET is it" } },
      };
      await send("POST", url, { bearer: token, body: call, headers: { "mcp-session-id": sealed } });
      await send("POST", url, { bearer: WRONG.token, body: call, headers: { "mcp-session-id": sealed } });
      await send("DELETE", url, { bearer: token, headers: { "mcp-session-id": sealed } });
    }
    await send("POST", url, { bearer: WRONG.token, body: initialize });
    await send("POST", `${url}?token=${token}&key=${KEY}`, {
      bearer: WRONG.session,
      body: { jsonrpc: "2.0", id: 3, method: token, params: { name: token } },
    });
    await send("POST", url, {
      bearer: token,
      body: initialize,
      headers: { cookie: `mcpctl_session=${session}`, "x-api-key": KEY, traceparent: token, baggage: `k=${token}` },
    });
  }
}

/** Starts an installation in a folder that others may look into, by a process that would let everybody read what it writes. */
async function startTalkative(): Promise<void> {
  mkdirSync(scratch.path("data"), { mode: 0o755 });
  writeFileSync(scratch.path("mcpd.toml"), `[stdio]\ncommands = ["${process.execPath}"]\n`);
  const program = ["sh", "-c", 'umask 000; exec "$@"', "sh", programPath("mcpctl"), "up"];
  const args = ["--config", scratch.path("mcpd.toml"), "--metrics-address", "127.0.0.1:0"];
  up = scratch.upWithReadyFile("data", { program, args, env: { MCPCTL_LOG_LEVEL: "trace" } });
  ready = await up.ready();
  secrets.set("the administrator's password", ready.admin?.password ?? "");
  secrets.set("the demo's token", ready.token);
}

/** Logs in as whoever there is, in each way, with good passwords and a bad one. */
async function logIn(): Promise<void> {
  const { username, password } = ready.admin ?? {};
  const login = (body: object) => api("POST", "/auth/login", { bearer: "", body: { client: "cli", ...body } });
  session = await given("the administrator's session", "token", login({ username, password }));
  await api("POST", "/users", { body: { username: "ann", email: "ann@example.org", password: PASSWORD } });
  await login({ username: "ann", password: WRONG.password });
  await given("ann's session", "token", login({ username: "ann", password: PASSWORD }));
  const agent = send("POST", `${ready.api}/v1/auth/login`, { bearer: "", body: { username, password } });
  await given("a JWT of an agent", "token", agent);
  await given("a JWT of an API client", "token", api("POST", "/token", { body: {} }));
}

const RIGHTS = [
  { role: "view", resource: "*" },
  { role: "run", resource: "*" },
];

/** Secrets, also such as are refused, servers that have them, and who may use those. Returns a token. */
async function register(): Promise<string> {
  for (const [name, value] of Object.entries({ key: KEY, header: HEADER, "Bad name": KEY }))
    await api("POST", "/secrets", { body: { name, value } });
  await api("POST", "/secrets", { body: { name: "key", value: CHANGED } });
  const script = join(ROOT, "test/security/fixtures/leaking-stdio.ts");
  const servers = {
    obliging: { ...obligingBacking(scratch.path("flag")), secretEnv: { SECRET: "key" } },
    leaking: { kind: "stdio", command: process.execPath, args: [script], env: {}, secretEnv: { KEY: "key" } },
    echoing: { kind: "url", url: `http://127.0.0.1:${echoing.port}/mcp`, secretHeaders: { Authorization: "header" } },
  };
  for (const [handle, backing] of Object.entries(servers)) await api("POST", "/servers", { body: { handle, backing } });
  await api("POST", "/projects", { body: { name: "sec", servers: Object.keys(servers) } });
  await given("a gateway's key", "token", api("POST", "/gateways", { body: { name: "edge" } }));
  await waitUntil("the servers have been tried", async () => {
    const { json } = await api("GET", "/servers");
    const items = json.items as { handle: string; status: { state: string } | null }[];
    const states = items.map(({ handle, status }) => `${handle} ${status?.state}`);
    return ["obliging ready", "leaking failed", "echoing failed"].every((state) => states.includes(state));
  });
  return given("a token", "token", api("POST", "/mcptokens", { body: { name: "tok", project: "sec", roleBindings: RIGHTS } }));
}

const LISTS = [
  "users",
  "groups",
  "rbac",
  "projects",
  "servers",
  "secrets",
  "mcptokens?project=sec",
  "gateways",
  "sessions",
  "audit?limit=500",
];
const SINGLE = ["auth/whoami", "servers/leaking", "servers/echoing", "servers/obliging", "secrets/key", "audit-verify", "openapi.json"];
const LOGS = ["servers/leaking/logs", "servers/obliging/logs"];

/** Asks for all that there is, over the API and by the command line. */
async function lookAround(): Promise<void> {
  for (const path of [...LISTS, ...SINGLE, ...LOGS]) await api("GET", `/${path}`);
  const nouns = ["server", "secret", "mcptoken", "user", "gateway", "audit"];
  const commands = [
    ...nouns.flatMap((noun) => ["table", "json", "yaml"].map((output) => ["get", noun, "-o", output])),
    ...["leaking", "echoing"].map((handle) => ["describe", `server/${handle}`]),
    ["logs", "server/leaking"],
    ["logs", "server/leaking", "-o", "json"],
    ["whoami"],
  ];
  for (const args of commands) {
    const { stdout, stderr } = await scratch.run("mcpctl", args, { MCPCTL_URL: ready.api, MCPCTL_API_TOKEN: session });
    said.push({ what: `mcpctl ${args.join(" ")}`, text: stdout + stderr });
  }
  const metrics = /^… metrics at (http:\S+)$/m.exec(up.stderr)?.[1] ?? "";
  said.push({ what: "metrics", text: await (await fetch(metrics)).text() });
}

beforeAll(async () => {
  await startTalkative();
  await logIn();
  const token = await register();
  await useGateway(token);
  await api("PATCH", "/secrets/key", { body: { value: CHANGED } });
  await api("POST", "/mcptokens/tok/revoke?project=sec", {});
  await send("POST", `${ready.gateway}/projects/sec/mcp`, { bearer: token, body: {} });
  await lookAround();
}, LIMIT_MS);

function textOf(what: string): string {
  return said.flatMap((each) => (each.what.endsWith(what) ? [each.text] : [])).join("\n");
}

function secretsIn(text: string): string[] {
  return [...secrets].flatMap(([name, secret]) =>
    [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64"), JSON.stringify(secret).slice(1, -1)].some((form) =>
      text.includes(form),
    )
      ? [name]
      : [],
  );
}

describe("security rule 11: no secret is in", () => {
  test("any answer to anybody but in the one that gives it", () => {
    expect(said.length).toBeGreaterThan(100);
    // They were on their way there.
    expect(textOf("/servers/obliging/logs")).toContain("[redacted] is it");
    for (const handle of ["leaking", "echoing"]) {
      expect(textOf("/v1/servers")).toMatch(new RegExp(`Server ${handle} [^"]{0,40}: [^"]{0,10}no such key: .{0,10}\\[redacted\\]`));
    }
    for (const { what, text } of said) expect({ what, secrets: secretsIn(text) }).toEqual({ what, secrets: [] });
  });

  test("the log at its most talkative, nor in what is told of the start", () => {
    expect(up.stderr.split("\n").length).toBeGreaterThan(50);
    expect(secretsIn(up.stderr)).toEqual([]);
  });

  test("what the operating system shows of our processes to others", () => {
    const lines = readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8");
        } catch {
          return "";
        }
      });
    expect(secretsIn(lines.join("\n"))).toEqual([]);
  });
});

describe("security rule 11: what a server says", () => {
  test("moves no terminal: neither of who starts it, nor of who looks at its state or its log", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for.
    const bad = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
    expect(bad.exec(up.stderr)?.[0]).toBeUndefined();
    for (const { what, text } of said.filter((each) => each.what.startsWith("mcpctl")))
      expect({ what, order: bad.exec(text)?.[0] }).toEqual({ what, order: undefined });
  });

  test("makes no line of its own in the log", () => {
    expect(up.stderr.split("\n").filter((line) => line.startsWith("error: forged"))).toEqual([]);
    for (const line of up.stderr.split("\n").filter((each) => !each.startsWith("…") && each !== ""))
      expect(() => JSON.parse(line)).not.toThrow();
  });
});

describe("security rule 11: at rest", () => {
  test("everything is its owner's alone, where the folder is not and the process would let everybody read", () => {
    const files = readdirSync(scratch.path("data"), { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const { name } of files) expect({ name, mode: statSync(scratch.path("data", name)).mode & 0o777 }).toEqual({ name, mode: 0o600 });
    expect(statSync(scratch.path("data.ready.json")).mode & 0o777).toBe(0o600);
    // The demo's examples may be read; nobody else may put any there.
    expect(statSync(scratch.path("data", "files")).mode & 0o022).toBe(0);
  });

  test("no secret is in the database: tokens and sessions are hashes, passwords argon2id, the others encrypted", async () => {
    expect(await up.stop()).toBe(0);
    for (const name of readdirSync(scratch.path("data")).filter((each) => each !== "files")) {
      expect({ name, secrets: secretsIn(readFileSync(scratch.path("data", name), "latin1")) }).toEqual({ name, secrets: [] });
    }
    using db = new Database(scratch.path("data", "mcpctl.db"), { readonly: true });
    const column = (sql: string) =>
      db
        .query(sql)
        .values()
        .map(([value]) => String(value));
    const hashes = column("select password_hash from users where password_hash is not null");
    expect(hashes.length).toBe(2);
    for (const hash of hashes) expect(hash).toMatch(/^\$argon2id\$v=19\$m=\d{5,},t=\d+,p=\d+\$/);
    for (const sha of column("select sha256 from mcp_tokens")) expect(sha).toMatch(/^[0-9a-f]{64}$/);
  });
});
