/**
 * Security rule 5: what a client authenticates with goes to no server, in no part of any request. What a server is called
 * with is its own, bound to its origin, and goes to no other server, to no client and into no message.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { withNounApi } from "../../src/control/http/noun-api.fixture.ts";
import { openGateway, type TestGateway, type TestServer } from "../../src/gateway/gateway.fixture.ts";
import { HTTP_LIMITS, type HttpUpstreamOptions, httpUpstream } from "../../src/gateway/upstream/http/http-upstream.ts";
import { startSdkV1Http } from "../../src/gateway/upstream/http/sdk-v1-http.fixture.ts";
import { startSdkV1Sse } from "../../src/gateway/upstream/http/sdk-v1-sse.fixture.ts";
import { startSdkV2Http } from "../../src/gateway/upstream/http/sdk-v2-http.fixture.ts";
import { parseSseEndpoint } from "../../src/gateway/upstream/http/sse-endpoint.ts";
import { STDIO_LIMITS, stdioUpstream } from "../../src/gateway/upstream/stdio/stdio-upstream.ts";
import { waitUntil } from "../../src/gateway/wait-until.fixture.ts";
import { startKeepingHttp } from "./fixtures/keeping-http.ts";
import { tap, type Wiretap } from "./fixtures/wiretap.ts";
import { MCP_PATHS, modernHeaders } from "./mcp-routes.ts";

const UPSTREAM_SECRET = "swordfish-of-the-upstream";
const EITHER = "application/json, text/event-stream";
const META = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };

/** What a client sends besides, as a browser, a proxy or an attacker adds it. */
const BESIDES = {
  cookie: "session=cookie-secret; __Secure-id=cookie-secret",
  "proxy-authorization": "Basic proxy-secret",
  "x-api-key": "api-key-secret",
  "x-forwarded-for": "10.9.8.7",
  "x-forwarded-access-token": "forwarded-secret",
  "x-amz-security-token": "amz-secret",
  "x-internal": "internal-secret",
  referer: "https://internal.example/referer-secret",
  "user-agent": "agent-secret/1.0",
};

type Opened = { readonly url: string; readonly server: AsyncDisposable | Disposable };

/** Real servers of each kind that is reached over HTTP, with the way in which it is to be spoken to. */
const KINDS: readonly (readonly [kind: string, open: () => Promise<Opened>, how: Partial<HttpUpstreamOptions>])[] = [
  ["Streamable HTTP with sessions", async () => opened(startSdkV1Http()), { era: "legacy" }],
  ["Streamable HTTP without sessions", async () => opened(startKeepingHttp({ sessions: false })), { era: "legacy" }],
  ["revision 2026-07-28", async () => opened(startSdkV2Http()), { era: "modern" }],
  ["the older pair of HTTP and SSE", async () => opened(await startSdkV1Sse()), { transport: "sse" }],
];

function opened(server: (AsyncDisposable | Disposable) & { readonly url: string | URL }): Opened {
  return { url: String(server.url), server };
}

async function dispose(server: AsyncDisposable | Disposable): Promise<void> {
  if (Symbol.asyncDispose in server) await server[Symbol.asyncDispose]();
  else server[Symbol.dispose]();
}

function at(url: string, how: Partial<HttpUpstreamOptions>): TestServer {
  const headers = { authorization: `Bearer ${UPSTREAM_SECRET}`, "x-key": UPSTREAM_SECRET };
  return ({ handle }, events) =>
    httpUpstream({ handle, url, headers, allowLoopback: true, events, onLost: () => {}, limits: HTTP_LIMITS, ...how });
}

/** Does all that a client can do, in each era, at each path, and returns what of it must not go on. */
async function doEverything(gateway: TestGateway): Promise<string[]> {
  const secrets: string[] = Object.values(BESIDES).flatMap((value) => value.match(/[a-z-]+-secret/g) ?? []);
  for (const { path, tool } of MCP_PATHS) {
    const token = gateway.control.issue("demo");
    const client = gateway.client({ path, token });
    const besides = { ...BESIDES, "x-mcp-token": token };
    await client
      .post(
        JSON.stringify({
          jsonrpc: "2.0",
          id: 0,
          method: "initialize",
          params: { protocolVersion: "2025-11-25", capabilities: { roots: {} }, clientInfo: { name: "n", version: "1" } },
        }),
        { headers: besides },
      )
      .then((response) => {
        client.sessionId = response.headers.get("mcp-session-id") ?? undefined;
      });
    const stream = await client.get(besides);
    await client.notify("notifications/initialized", {});
    await client.notify("notifications/roots/list_changed", {});
    for (const [method, params] of [
      ["tools/list", {}],
      ["tools/call", { name: tool.replace(/a$/, "client"), arguments: {} }],
      ["tools/call", { name: tool.replace(/a$/, "echo"), arguments: {} }],
      ["resources/read", { uri: "test://one" }],
      ["resources/subscribe", { uri: "test://one" }],
      ["logging/setLevel", { level: "debug" }],
    ] as const) {
      await (await client.send(method, params, { accept: EITHER, headers: besides })).text();
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: META } });
      const response = await client.post(body, { accept: EITHER, headers: { ...besides, ...modernHeaders(body) } });
      if (method !== "resources/subscribe") await response.text();
      else await response.body?.cancel();
    }
    await stream.body?.cancel();
    await client.end();
    secrets.push(token, client.sessionId ?? "none");
  }
  return secrets;
}

describe.each(KINDS)("security rule 5: a server of %s", (_, open, how) => {
  async function withTap(run: (gateway: TestGateway, wire: Wiretap) => Promise<void>): Promise<void> {
    const { url, server } = await open();
    await using wire = await tap(url);
    await using gateway = await openGateway({ servers: { one: at(wire.url, how) } });
    await run(gateway, wire);
    await gateway.gateway.close();
    await dispose(server);
  }

  test("hears nothing of what its callers authenticate with, nor of any other header of theirs", () =>
    withTap(async (gateway, wire) => {
      const secrets = await doEverything(gateway);
      expect(wire.heads.length).toBeGreaterThanOrEqual(8);
      for (const secret of secrets) expect({ secret, heard: wire.heard.includes(secret) }).toEqual({ secret, heard: false });
      const names = new Set(
        wire.heads.flatMap((head) =>
          head
            .split("\r\n")
            .slice(1)
            .map((line) => line.split(":", 1)[0] ?? ""),
        ),
      );
      const ours = ["host", "content-type", "content-length", "accept", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"];
      // Those of the trace are ours to send too.
      const known = [...ours, "last-event-id", "traceparent", "tracestate", "authorization", "x-key", ""];
      expect([...names].filter((name) => !known.includes(name))).toEqual([]);
    }));

  test("gets its own credential with every request, whatever it is", () =>
    withTap(async (gateway, wire) => {
      await doEverything(gateway);
      for (const head of wire.heads) {
        expect(head).toContain(`authorization: Bearer ${UPSTREAM_SECRET}\r\n`);
        expect(head.match(/authorization:/gi)).toHaveLength(1);
      }
    }));

  test("has it shown to nobody: not to clients, nor in the audit log, in what fails or in what is said of its state", () =>
    withTap(async (gateway) => {
      const shown: string[] = [];
      for (const { path } of MCP_PATHS) {
        const client = gateway.client({ path });
        shown.push(JSON.stringify(await client.initialize()));
        for (const method of ["tools/list", "no/such", "resources/list"]) shown.push(await (await client.send(method)).text());
      }
      shown.push(
        JSON.stringify([
          gateway.control.audited,
          gateway.gateway.statuses(),
          gateway.failures.map((error) => [error.message, String(error.cause)]),
        ]),
      );
      for (const text of shown) expect(text).not.toContain(UPSTREAM_SECRET);
    }));
});

test("security rule 5: the credential of one server goes to no other, of the same project neither", async () => {
  await using one = startKeepingHttp({ sessions: true });
  await using two = startKeepingHttp({ sessions: true });
  const plain: TestServer = ({ handle }, events) =>
    httpUpstream({ handle, url: two.url, allowLoopback: true, era: "legacy", events, onLost: () => {}, limits: HTTP_LIMITS });
  await using gateway = await openGateway({ servers: { one: at(one.url, { era: "legacy" }), two: plain } });
  const client = gateway.client();
  await client.initialize();
  for (const name of ["one__a", "two__a"]) await client.request("tools/call", { name, arguments: {} });
  expect(one.headers.every((headers) => headers.get("authorization") === `Bearer ${UPSTREAM_SECRET}`)).toBe(true);
  expect(two.headers.length).toBeGreaterThan(2);
  for (const headers of two.headers) expect(JSON.stringify([...headers])).not.toContain(UPSTREAM_SECRET);
});

test.each([301, 302, 303, 307, 308])(
  "security rule 5: a redirect with %i takes no credential anywhere, whatever is asked",
  async (status) => {
    const heard: string[] = [];
    const elsewhere = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        heard.push(JSON.stringify([...request.headers]));
        return new Response(null, { status: 404 });
      },
    });
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => new Response(null, { status, headers: { location: `http://127.0.0.1:${elsewhere.port}/steal` } }),
    });
    for (const how of [{ era: "legacy" }, { era: "modern" }, { era: "auto" }, { transport: "sse" }] as const) {
      await using gateway = await openGateway({ servers: { one: at(`http://127.0.0.1:${server.port}/mcp`, how) } });
      const client = gateway.client();
      await client.initialize();
      expect(await client.send("tools/call", { name: "one__a" })).toMatchObject({ ok: false });
    }
    expect(heard).toEqual([]);
    await Promise.all([server.stop(true), elsewhere.stop(true)]);
  },
);

describe("security rule 5: the place to post to that a server of the older pair names", () => {
  const stream = new URL("https://mcp.example.org:8443/a/sse");

  test.each([
    "https://evil.example/messages",
    "http://mcp.example.org:8443/messages",
    "https://mcp.example.org/messages",
    "https://mcp.example.org:8444/messages",
    "https://mcp.example.org.evil.example:8443/",
    "https://mcp.example.org:8443@evil.example/",
    "https://user:password@mcp.example.org:8443/messages",
    "//evil.example/messages",
    "///evil.example/messages",
    "\\\\evil.example\\messages",
    "/\\evil.example/messages",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:,x",
    "https:evil.example",
    "HTTPS://EVIL.EXAMPLE/",
    "\thttps://evil.example/",
    "https://mcp\u3002example.org.evil.example:8443/",
    "",
  ])("is not %j", (data) => {
    const endpoint = parseSseEndpoint(stream, data);
    // What is mended into a path of the same origin is no other origin.
    expect(endpoint === undefined || endpoint.origin === stream.origin).toBe(true);
    if (/evil\.example|password|:\/\/mcp\.example\.org(?!:8443)/i.test(data) && !/^https:evil/.test(data)) expect(endpoint).toBeUndefined();
  });

  test("may be of its own origin, and posts go there with the server's credential", async () => {
    const using = await startSdkV1Sse();
    await using wire = await tap(String(using.url));
    await using gateway = await openGateway({ servers: { one: at(wire.url, { transport: "sse" }) } });
    await waitUntil(() => wire.heads.some((head) => head.startsWith("POST /messages")));
    for (const head of wire.heads) expect(head).toContain(UPSTREAM_SECRET);
    await gateway.gateway.close();
    using[Symbol.dispose]();
  });
});

test("security rule 5: a process gets no credential of its callers, in its messages or its environment", async () => {
  const program = join(import.meta.dirname, "fixtures/keeping-stdio.ts");
  for (const sharing of ["shared", "per_session"] as const) {
    const one: TestServer = ({ handle }, events) =>
      stdioUpstream({
        handle,
        command: { command: process.execPath, args: [program], env: { PATH: process.env.PATH ?? "" } },
        sharing,
        events,
        signalGroup: (pid, signal) => void process.kill(-pid, signal),
        onLost: () => {},
        log: { begin: () => (line) => line, hide: (text: string) => text, end: () => {} },
        limits: STDIO_LIMITS,
      });
    await using gateway = await openGateway({ servers: { one } });
    const client = gateway.client();
    await client.initialize();
    const call = await client.send("tools/call", { name: "one__a", arguments: { secret: 1 } }, { accept: EITHER, headers: BESIDES });
    await call.text();
    const seen = JSON.stringify(await client.request("tools/call", { name: "one__seen", arguments: {} }));
    for (const secret of [client.token, client.sessionId ?? "", "-secret"]) expect(seen).not.toContain(secret);
  }
});

test("security rule 5: a header that a caller of the API gives for a server is its own, or is refused", () =>
  withNounApi(async ({ call }) => {
    const register = (headers: object) =>
      call("POST", "/servers", { body: { handle: "x", backing: { kind: "url", url: "https://mcp.example.org/", headers } } });
    for (const name of [
      "Host",
      "Mcp-Session-Id",
      "Content-Length",
      "Transfer-Encoding",
      "Connection",
      "Upgrade",
      "TE",
      "Trailer",
      "Expect",
    ]) {
      expect((await register({ [name]: "x" })).status).toBe(400);
      expect((await register({ [name.toLowerCase()]: "x" })).status).toBe(400);
    }
    for (const value of ["a\r\nX-Evil: 1", "a\nb", "a\0b", "\u00e9", "a\u2028b"])
      expect((await register({ "X-Key": value })).status).toBe(400);
    for (const name of ["X Key", "X:Key", "X-Key\r\nEvil", "", "\u00fc"]) expect((await register({ [name]: "x" })).status).toBe(400);
  }));
