/**
 * Security rule 1: Host and Origin allow-lists are on by default. A page that has its own name lead to this machine
 * (DNS rebinding: CVE-2025-64443, CVE-2025-66414) sends its name as Host, and its origin; neither may call, whatever
 * credential comes with it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { withIdentityApi } from "../../src/control/http/identity-api.fixture.ts";
import { openGateway, type TestGateway } from "../../src/gateway/gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY } from "../../src/gateway/policy/gateway-policy.ts";
import { ScriptedServer, toolText } from "../../src/gateway/scripted-upstream.fixture.ts";
import { bindPort } from "../../src/main/bind-port.ts";
import { RawSocket } from "../e2e/support/raw-socket.ts";
import { LISTENERS, type Listener } from "./listeners.ts";
import { firstRequests, MCP_PATHS, modernHeaders } from "./mcp-routes.ts";

const EVIL_HOSTS = [
  "evil.example",
  "evil.example:3200",
  "localhost.evil.example:3200",
  "127.0.0.1.evil.example",
  "evil-localhost:3200",
  "localhost.:3200",
  "localhost:3200.evil.example",
  "localhost:3200@evil.example",
  "evil.example#localhost",
  "evil.example, localhost:3200",
  "localhost:3200, evil.example",
  "[::1].evil.example",
  "[::1]evil.example",
  "[::ffff:1.2.3.4]",
  "0.0.0.0:3200",
  "127.0.0.2:3200",
  "192.168.1.5:3200",
  "localhost:",
  "localhost:evil",
  "",
];

const EVIL_ORIGINS = [
  "null",
  "https://evil.example",
  "http://evil.example:3200",
  "http://localhost.evil.example",
  "http://127.0.0.1.evil.example:3200",
  "http://localhost@evil.example",
  "http://localhost:3200@evil.example",
  "http://evil.example#localhost",
  "http://evil.example/localhost",
  "http://192.168.1.5:3200",
  "file://",
  "chrome-extension://abcdefghijklmnop",
  "ftp://localhost:3200",
  "HTTP://LOCALHOST:3200 http://evil.example",
  "http://127.0.0.1:3200, http://evil.example",
  "",
];

/** The headers that a page could make a browser send along. */
const LURES = {
  "x-forwarded-host": "localhost:3200",
  forwarded: "host=localhost",
  "x-original-host": "127.0.0.1",
  referer: "http://localhost/",
};

let gateway: TestGateway;
let server: ScriptedServer;

beforeAll(async () => {
  server = new ScriptedServer({ lists: { tools: [toolText("a")] } });
  gateway = await openGateway({ servers: { one: server } });
  // Nothing may be known of the token yet: whoever is refused here is not asked about.
  gateway.control.asked.length = 0;
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** Every way in: each path by each method, in each era, with a good token. */
function waysIn(): readonly (readonly [way: string, path: string, init: RequestInit & { headers: Record<string, string> }])[] {
  const auth = { authorization: `Bearer ${gateway.token}` };
  const posts = MCP_PATHS.flatMap((each) =>
    firstRequests(each).map(([era, body]) => {
      const modern = era === "legacy" ? {} : modernHeaders(body);
      return [
        `POST ${era}`,
        each.path,
        { method: "POST", headers: { ...auth, "content-type": "application/json", ...modern }, body },
      ] as const;
    }),
  );
  const paths = [...MCP_PATHS.map(({ path }) => path), "/emcp/servers"];
  const others = paths.flatMap((path) => [
    ["GET", path, { method: "GET", headers: { ...auth, accept: "text/event-stream" } }] as const,
    ["GET again", path, { method: "GET", headers: { ...auth, "last-event-id": "aaaaaaaa.g1.1" } }] as const,
    ["DELETE", path, { method: "DELETE", headers: auth }] as const,
  ]);
  return [...posts, ...others];
}

async function expectRefused(way: string, path: string, init: RequestInit): Promise<void> {
  const response = await gateway.fetch(path, init);
  const text = await response.text();
  // A method that a path has not is refused before anything is looked at.
  if (response.status === 405) return;
  expect({ way, path, status: response.status }).toEqual({ way, path, status: 403 });
  expect(JSON.parse(text)).toMatchObject({ error: { code: "origin_denied" } });
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  expect(response.headers.get("mcp-session-id")).toBeNull();
}

describe("security rule 1: on every way in", () => {
  test.each(EVIL_HOSTS)("the Host %j is refused, and the credential is not even looked at", async (host) => {
    const calls = server.calls.length;
    for (const [way, path, init] of waysIn()) {
      for (const lures of [{}, LURES]) await expectRefused(way, path, { ...init, headers: { ...init.headers, ...lures, host } });
    }
    expect([gateway.control.asked, server.calls.length]).toEqual([[], calls]);
  });

  test.each(EVIL_ORIGINS)("the Origin %j is refused, and the credential is not even looked at", async (origin) => {
    const calls = server.calls.length;
    for (const [way, path, init] of waysIn()) {
      for (const lures of [{}, LURES]) await expectRefused(way, path, { ...init, headers: { ...init.headers, ...lures, origin } });
    }
    expect([gateway.control.asked, server.calls.length]).toEqual([[], calls]);
  });

  test("no preflight lets a page of another origin in", async () => {
    for (const { path } of MCP_PATHS) {
      const headers = {
        origin: "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      };
      const response = await gateway.fetch(path, { method: "OPTIONS", headers });
      expect([...response.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
      expect(response.ok).toBe(false);
    }
  });
});

describe("security rule 1: who is no page of another origin", () => {
  test.each(["localhost:3200", "LOCALHOST", "127.0.0.1:3200", "[::1]:3200"])(
    "passes with the Host %s, without an Origin or with its own",
    async (host) => {
      await using open = await openGateway({ servers: { one: new ScriptedServer({ lists: { tools: [toolText("a")] } }) } });
      for (const { path } of MCP_PATHS) {
        for (const origin of [undefined, `http://${host}`, "http://localhost:6274"]) {
          const client = open.client({ path });
          const headers = { host, ...(origin === undefined ? {} : { origin }) };
          expect((await client.send("initialize", { protocolVersion: "2025-11-25" }, { headers })).status).toBe(200);
        }
      }
    },
  );

  test("off loopback passes by the names that were given, and no page of another origin does", async () => {
    const policy = { ...DEFAULT_GATEWAY_POLICY, allowedHosts: ["mcp.example.org"] };
    for (const [bindAddress, given] of [
      ["0.0.0.0", policy],
      ["0.0.0.0", DEFAULT_GATEWAY_POLICY],
    ] as const) {
      await using open = await openGateway({ servers: { one: new ScriptedServer() }, policy: given, settings: { bindAddress } });
      const status = async (headers: Record<string, string>, path: string) =>
        (await open.client({ path }).send("initialize", { protocolVersion: "2025-11-25" }, { headers })).status;
      for (const { path } of MCP_PATHS) {
        expect(await status({ host: "mcp.example.org" }, path)).toBe(200);
        expect(await status({ host: "mcp.example.org", origin: "https://mcp.example.org" }, path)).toBe(200);
        expect(await status({ host: "mcp.example.org", origin: "https://evil.example" }, path)).toBe(403);
        expect(await status({ host: "mcp.example.org", origin: "null" }, path)).toBe(403);
        expect(await status({ host: "evil.example", origin: "http://evil.example" }, path)).toBe(given === policy ? 403 : 200);
      }
    }
  });

  test("may ask whether the gateway lives by any Host, and learns nothing else", async () => {
    for (const path of ["/", "/health", "/healthz", "/readyz"]) {
      const response = await gateway.fetch(path, { headers: { host: "evil.example", origin: "https://evil.example" } });
      expect([response.status, Object.keys((await response.json()) as object)]).toEqual([200, ["status", "name", "version"]]);
    }
  });
});

test("security rule 1: mcpd's own API refuses the same Hosts and Origins, also where no credential is asked for", () =>
  withIdentityApi(async ({ call, session, checked }) => {
    const bearer = await session("root");
    const before = checked.times;
    const body = { username: "root", password: "root" };
    for (const headers of [...EVIL_HOSTS.map((host) => ({ host })), ...EVIL_ORIGINS.map((origin) => ({ origin }))]) {
      for (const [method, path, init] of [
        ["GET", "/api/v1/probe", { bearer }],
        ["POST", "/api/v1/auth/login", { body }],
        ["POST", "/v1/auth/login", { body }],
        ["GET", "/api/v1/no/such/path", { bearer }],
      ] as const) {
        expect(await call(method, path, { ...init, headers })).toMatchObject({ status: 403 });
      }
    }
    expect(checked.times).toBe(before);
  }));

describe.each(LISTENERS)("security rule 1: on a connection to %s", (_, listen) => {
  let listener: Listener;
  let port = 0;
  const body = firstRequests({ path: "/mcp", tool: "one__a" })[0]?.[1] ?? "";

  beforeAll(() => {
    listener = listen(gateway);
    port = listener.port;
  });

  afterAll(() => listener.stop());

  async function statusOf(requestLine: string, ...headers: readonly string[]): Promise<number> {
    const socket = await RawSocket.open(port);
    const all = [...headers, `Authorization: Bearer ${gateway.token}`, "Content-Type: application/json", `Content-Length: ${body.length}`];
    socket.say(`${requestLine}\r\n${all.join("\r\n")}\r\n\r\n${body}`);
    await socket.until("an answer or the end", ({ statuses, closed }) => statuses.length > 0 || closed);
    socket.close();
    return socket.statuses[0] ?? 0;
  }

  test("the Host counts, and not the host of an absolute target", async () => {
    expect(await statusOf("POST /mcp HTTP/1.1", `Host: localhost:${port}`)).toBe(200);
    expect(await statusOf(`POST http://localhost:${port}/mcp HTTP/1.1`, "Host: evil.example")).toBeOneOf([400, 403]);
    // A target of another host is meant to mislead: it is refused, or counts for nothing.
    expect(await statusOf("POST http://evil.example/mcp HTTP/1.1", `Host: localhost:${port}`)).toBeOneOf([200, 400]);
    expect(await statusOf("POST http://evil.example/mcp HTTP/1.1", "Host: evil.example")).toBe(403);
  });

  test("two Hosts, none, or one in two lines are refused", async () => {
    for (const hosts of [
      [`Host: localhost:${port}`, "Host: evil.example"],
      ["Host: evil.example", `Host: localhost:${port}`],
      [`Host: localhost:${port}`, `Host: localhost:${port}`],
      [`Host: evil.example`, `\tHost: localhost:${port}`],
      [`Host : localhost:${port}`],
      ["Host:"],
      [],
    ]) {
      expect(await statusOf("POST /mcp HTTP/1.1", ...hosts)).toBeOneOf([400, 403, 404]);
      expect(await statusOf("POST /mcp HTTP/1.0", ...hosts)).toBeOneOf([400, 403, 404]);
    }
  });

  test("two Origins are refused, in either order", async () => {
    const [own, evil] = [`Origin: http://localhost:${port}`, "Origin: https://evil.example"];
    expect(await statusOf("POST /mcp HTTP/1.1", `Host: localhost:${port}`, own)).toBe(200);
    expect(await statusOf("POST /mcp HTTP/1.1", `Host: localhost:${port}`, own, evil)).toBe(403);
    expect(await statusOf("POST /mcp HTTP/1.1", `Host: localhost:${port}`, evil, own)).toBe(403);
  });
});

describe.each(LISTENERS)("security rule 1: off loopback, by a connection to %s", (_, listen) => {
  test("a Host that is no host is refused or counts for nothing, and makes nothing fail inside", async () => {
    await using open = await openGateway({ servers: { one: new ScriptedServer() }, settings: { bindAddress: "0.0.0.0" } });
    const { port, stop } = listen(open);
    const cookie = `Cookie: __Host-mcpctl=${open.control.logIn("ann")}`;
    for (const host of ["[", "[::1", "a%zz", "a:99999999", "a b", "xn--", "a|b", "\u00e9", "a:b:c", "<script>", "a\\b", ""]) {
      for (const credential of [cookie, `Authorization: Bearer ${open.operatorKey}`]) {
        const socket = await RawSocket.open(port);
        socket.say(`GET /emcp/servers HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\n${credential}\r\n\r\n`);
        await socket.until("an answer or the end", ({ statuses, closed }) => statuses.length > 0 || closed);
        expect({ host, failed: (socket.statuses[0] ?? 400) >= 500 }).toEqual({ host, failed: false });
        socket.close();
      }
    }
    expect(open.failures).toEqual([]);
    await stop();
  });
});

test("security rule 1: what fails behind a port of mcpd's shows nothing of the inside, whoever asks", async () => {
  const bound = bindPort({ hostname: "127.0.0.1", port: 0, flag: "--port", maxBodyBytes: 1024 });
  for (const failing of [
    () => {
      throw new Error("swordfish");
    },
    () => Promise.reject(new Error("swordfish")),
  ]) {
    bound.serve(failing);
    const response = await fetch(`http://127.0.0.1:${bound.server.port}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, ""]);
  }
  await bound.server.stop(true);
});
