/**
 * Security rule 7: a stdio command is code that runs here (CVE-2026-42271). Only an administrator registers, changes or
 * turns one on, from a list of programs, and only where servers over stdio are on; what runs gets its words as they are,
 * and nothing of ours.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import pino from "pino";
import type { Backing } from "../../src/api/server-definition.ts";
import { controlApi } from "../../src/control/http/control-api.fixture.ts";
import { type NounApi, withNounApi } from "../../src/control/http/noun-api.fixture.ts";
import { backingPolicyFor } from "../../src/control/server/backing-policy.ts";
import { withoutStdio } from "../../src/control/snapshot/without-stdio.ts";
import { systemClock } from "../../src/core/clock.ts";
import { ACTIONS, RESOURCES, ROLES, type RoleBinding } from "../../src/core/permission.ts";
import { openGateway, testServer } from "../../src/gateway/gateway.fixture.ts";
import { ServerLogs } from "../../src/gateway/server-log/server-logs.ts";
import { answerText, callOf } from "../../src/gateway/upstream/call.fixture.ts";
import type { Upstream } from "../../src/gateway/upstream/upstream.ts";
import { upstreamEvents } from "../../src/gateway/upstream/upstream-events.fixture.ts";
import { connectServer } from "../../src/main/connect-server.ts";
import { openMemoryDatabase } from "../../src/store/memory-database.fixture.ts";

const FIXTURE = join(import.meta.dirname, "../../src/gateway/upstream/stdio/stdio-server.fixture.ts");

type Stdio = Extract<Backing, { kind: "stdio" }>;
const stdio = (more: Partial<Stdio> = {}): Stdio => ({ kind: "stdio", command: "node", args: ["server.js"], env: {}, ...more });
const URL_BACKING: Backing = { kind: "url", url: "https://mcp.example.org/mcp" };

/** All that there is to hold but one thing: whoever lacks any is no administrator. */
const NEARLY_ALL: readonly (readonly [string, readonly RoleBinding[]])[] = [
  ["every role on servers and secrets", ROLES.flatMap((role) => [on(role, "servers"), on(role, "secrets")])],
  ["every role on everything, and no action", ROLES.map((role) => on(role, "*"))],
  [
    "every role on every resource by name, and all actions but one",
    [...RESOURCES.flatMap((resource) => ROLES.map((role) => on(role, resource))), ...ACTIONS.slice(1).map((action) => ({ action }))],
  ],
];

function on(role: (typeof ROLES)[number], resource: (typeof RESOURCES)[number] | "*"): RoleBinding {
  return { role, resource };
}

async function withServers(run: (api: NounApi) => Promise<void>): Promise<void> {
  await withNounApi(async (api) => {
    expect((await api.call("POST", "/servers", { body: { handle: "program", backing: stdio() } })).status).toBe(201);
    expect((await api.call("POST", "/servers", { body: { handle: "off", backing: stdio(), enabled: false } })).status).toBe(201);
    expect((await api.call("POST", "/servers", { body: { handle: "link", backing: URL_BACKING } })).status).toBe(201);
    await run(api);
  });
}

describe("security rule 7: whoever is no administrator", () => {
  test.each(NEARLY_ALL)("with %s puts no program behind a server, by no request", (_, bindings) =>
    withServers(async ({ call, grant, grantToken }) => {
      grant("eve", ...bindings);
      grantToken("token", ...bindings);
      const tries = [
        ["POST", "/servers", { handle: "evil", backing: stdio() }],
        ["POST", "/servers", { handle: "evil", backing: stdio(), enabled: false }],
        ["PATCH", "/servers/link", { backing: stdio() }],
        ["PATCH", "/servers/program", { backing: stdio({ args: ["-e", "evil()"] }) }],
        ["PATCH", "/servers/program", { backing: stdio({ env: { A: "1" } }) }],
        ["PATCH", "/servers/program", { backing: stdio({ secretEnv: { A: "key" } }) }],
        ["PATCH", "/servers/program", { backing: stdio({ command: "npx" }), enabled: true }],
        // What an administrator has turned off is not to be run again by others.
        ["PATCH", "/servers/off", { enabled: true }],
      ] as const;
      for (const [method, path, body] of tries) {
        for (const as of ["eve", "token"]) {
          const answer = await call(method, path, { as, body });
          expect({ method, path, as, status: answer.status }).toEqual({ method, path, as, status: 403 });
        }
        expect((await call(method, path, { as: "nobody", body })).status).toBe(401);
      }
      expect((await call("GET", "/servers/evil")).status).toBe(404);
      expect((await call("GET", "/servers/program")).body).toMatchObject({ backing: stdio(), version: 1 });
      expect((await call("GET", "/servers/off")).body).toMatchObject({ enabled: false, version: 1 });
      expect((await call("GET", "/servers/link")).body).toMatchObject({ backing: URL_BACKING, version: 1 });
    }),
  );

  test("may still turn a program off, and call it something", () =>
    withServers(async ({ call, grant }) => {
      grant("bob", on("view", "servers"), on("edit", "servers"));
      expect((await call("PATCH", "/servers/program", { as: "bob", body: { enabled: false, description: "off for now" } })).status).toBe(
        200,
      );
    }));

  test("is not the key of a gateway either: it reads what there is, and registers nothing", async () => {
    const { call, gateways, db } = await controlApi();
    const made = await call("POST", "/api/v1/gateways", { body: { name: "edge" } });
    expect(made.status).toBe(201);
    const answer = await call("POST", "/api/v1/servers", { bearer: made.body.key, body: { handle: "evil", backing: stdio() } });
    expect(answer.status).toBeOneOf([403, 404]);
    expect(gateways).toBeDefined();
    await db.destroy();
  });
});

describe("security rule 7: an administrator", () => {
  const register = (api: NounApi, backing: object) => api.call("POST", "/servers", { body: { handle: "x", backing } });

  test("registers no program that is not in the list, in whatever spelling", () =>
    withNounApi(async (api) => {
      const spellings = [
        "/bin/sh",
        "sh",
        "bash",
        "env",
        "/usr/bin/node",
        "./node",
        "node ",
        " node",
        "NODE",
        "node\t",
        "node\n",
        "node;id",
      ];
      const odd = ["$(node)", "`node`", "node|sh", "..\\node", "nоde", "node\u200b", "node%00", "~/node", "cmd.exe", "npx -y evil", ""];
      for (const command of [...spellings, ...odd, "node\0", "n".repeat(5000)]) {
        const { status } = await register(api, stdio({ command }));
        expect({ command: command.slice(0, 20), refused: status >= 400 }).toEqual({ command: command.slice(0, 20), refused: true });
      }
    }));

  test.each([
    ...["NODE_OPTIONS", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PATH", "BASH_ENV", "PYTHONPATH", "PYTHONWARNINGS"],
    ...["PYTHONPYCACHEPREFIX", "npm_config_userconfig", "NPM_CONFIG_GLOBALCONFIG", "npm_config_node_options", "NPM_CONFIG_GIT"],
    ...["GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_CONFIG_COUNT", "BUN_INSPECT", "XDG_CONFIG_HOME", "NODE_COMPILE_CACHE", "UV_PYTHON"],
  ])("gives no program the variable %s, by which it would run other code than its command says", (name) =>
    withNounApi(async (api) => {
      for (const spelt of [name, name.toLowerCase()]) {
        expect((await register(api, stdio({ env: { [spelt]: "/tmp/evil" } }))).status).toBe(400);
        await api.call("POST", "/secrets", { body: { name: "key", value: "/tmp/evil" } });
        expect((await register(api, stdio({ secretEnv: { [spelt]: "key" } }))).status).toBe(400);
      }
    }),
  );

  test("registers none where the API listens beyond this machine, until the operator says so", async () => {
    const open = backingPolicyFor("0.0.0.0");
    await withNounApi(async (api) => {
      expect(await register(api, stdio())).toMatchObject({
        status: 403,
        body: { error: { message: expect.stringContaining("stdio are off") } },
      });
    }, open);
    await withNounApi(
      async (api) => {
        expect((await register(api, stdio())).status).toBe(201);
      },
      backingPolicyFor("0.0.0.0", { stdioEnabled: true }),
    );
  });
});

/** What `mcpd` connects with, over this environment of its own. */
async function connecting(stdioEnabled: boolean, env: Readonly<Record<string, string>> = { PATH: process.env.PATH ?? "" }) {
  const db = await openMemoryDatabase();
  const log = pino({ level: "silent" });
  const metrics = { childRestarted: () => {} };
  const logs = new ServerLogs(systemClock);
  const connect = connectServer({ db, log, env, allowLoopback: true, stdioEnabled, logs, metrics, traced: (upstream) => upstream });
  return { db, connect };
}

async function ask(upstream: Upstream, method: string, params: object = {}) {
  const answer = JSON.parse(await answerText(upstream, callOf(method, { paramsText: JSON.stringify(params) })));
  return answer.result;
}

describe("security rule 7: a program that runs", () => {
  test("runs not at all where servers over stdio are off, although it was registered while they were on", async () => {
    const { db, connect } = await connecting(false);
    const definition = { ...testServer("program"), backing: stdio({ command: process.execPath, args: [FIXTURE] }), secrets: {} };
    expect(() => connect(definition, upstreamEvents())).toThrow(expect.objectContaining({ code: "denied", reason: "STDIO_DISABLED" }));
    await using gateway = await openGateway({ servers: { program: (_, events) => connect(definition, events) } });
    expect(gateway.gateway.statuses()).toMatchObject([{ state: "failed", reason: expect.stringContaining("stdio.enabled") }]);
    await db.destroy();
  });

  test("is told to no gateway apart from there, as one that could be started", () => {
    const program = { ...testServer("program"), backing: stdio() };
    const link = { ...testServer("link"), backing: URL_BACKING };
    const { servers } = withoutStdio({ revision: 1, projects: [], servers: [program, link], secrets: {} });
    expect(servers).toEqual([{ ...program, enabled: false }, link]);
  });

  test("gets its arguments to the letter: no shell has read them", async () => {
    const marks = ["$(touch /tmp/evil)", "; touch evil", "`id`", "a b", "*", "'\"", "--", "-e", "%PATH%", "$PATH", "\\", ""];
    const { db, connect } = await connecting(true);
    const script = `process.stdin.on("data", (data) => {
      for (const line of String(data).split("\\n").filter(Boolean)) {
        const { id, method } = JSON.parse(line);
        const result = method === "initialize"
          ? { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "x" } }
          : { argv: process.argv.slice(1) };
        if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
      }
    });`;
    const backing = stdio({ command: process.execPath, args: ["-e", script, "--", ...marks] });
    const upstream = connect({ ...testServer("program"), backing, secrets: {} }, upstreamEvents());
    upstream.start();
    const { argv } = await ask(upstream, "ping");
    expect(argv.slice(-marks.length)).toEqual(marks);
    await Promise.all([upstream.close(), db.destroy()]);
  });

  test("gets of our environment what programs need to be found and run, and nothing else", async () => {
    const ours = {
      PATH: process.env.PATH ?? "",
      HOME: "/home/of-the-user",
      MCPD_MASTER_KEY_FILE: "/secret/master.key",
      MCPD_DATABASE_URL: "postgres://user:password@db/mcpd",
      MCPCTL_TOKEN: "mcpctl_pat_secret",
      MCPLOCAL_GATEWAY_TOKEN_FILE: "/secret/gateway",
      AWS_SECRET_ACCESS_KEY: "secret",
      NODE_OPTIONS: "--require /tmp/evil.js",
      LD_PRELOAD: "",
      BUN_OPTIONS: "",
      SSH_AUTH_SOCK: "/tmp/agent",
    };
    const { db, connect } = await connecting(true, ours);
    const backing = stdio({ command: process.execPath, args: [FIXTURE], env: { OWN: "1" }, secretEnv: { KEY: "key" } });
    const upstream = connect({ ...testServer("program"), backing, secrets: { key: "value" } }, upstreamEvents());
    upstream.start();
    const seen = Object.keys(await ask(upstream, "environment"));
    // What the operating system adds to every process is not ours to keep back.
    expect(seen.filter((name) => !["PWD", "SHLVL", "_"].includes(name)).toSorted()).toEqual(["HOME", "KEY", "OWN", "PATH"]);
    await Promise.all([upstream.close(), db.destroy()]);
  });
});
