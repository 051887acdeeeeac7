/**
 * Security rule 4: who calls, and what they reach, is told by a verified credential alone: not by headers, queries, bodies
 * or paths that a client writes as it likes (GHSA-g53w-w6mj-hrpp, GHSA-wf8q-wvv8-p8jf), and not by what came over the same
 * connection before.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { generateCredential } from "../../src/core/credential.ts";
import { initialized, openGateway, type TestGateway } from "../../src/gateway/gateway.fixture.ts";
import { ScriptedServer, toolText } from "../../src/gateway/scripted-upstream.fixture.ts";
import { RawSocket } from "../e2e/support/raw-socket.ts";
import { LISTENERS, type Listener } from "./listeners.ts";
import { firstRequests, MCP_PATHS, modernHeaders } from "./mcp-routes.ts";

let gateway: TestGateway;
let servers: Record<string, ScriptedServer>;

beforeEach(async () => {
  const make = () => new ScriptedServer({ lists: { tools: [toolText("a"), toolText("b")] } });
  servers = { one: make(), two: make(), secret: make() };
  gateway = await openGateway({ servers, projects: { demo: ["one", "two"], other: ["secret"] } });
});

afterEach(() => gateway[Symbol.asyncDispose]());

/** Whatever a proxy, a framework or an earlier version may once have believed. `good` is a credential that would open all. */
function claims(good: string): Record<string, string>[] {
  const identity = [
    "x-user",
    "x-user-id",
    "x-forwarded-user",
    "x-remote-user",
    "remote-user",
    "x-auth-request-user",
    "x-auth-request-email",
  ];
  const more = ["x-forwarded-email", "x-authenticated-user", "x-webauth-user", "x-mcp-user", "x-principal", "x-tenant-id", "x-org-id"];
  const roles = ["x-roles", "x-scopes", "x-mcp-scopes", "x-groups", "x-admin", "x-internal", "x-forwarded-access-token", "x-access-token"];
  const keys = ["x-api-key", "api-key", "x-auth-token", "token", "proxy-authorization", "x-authorization", "x-original-authorization"];
  return [
    ...[...identity, ...more].map((name) => ({ [name]: "admin" })),
    ...roles.map((name) => ({ [name]: "mcp:admin" })),
    ...keys.map((name) => ({ [name]: `Bearer ${good}` })),
    { cookie: `token=${good}; session=${good}; __Host-mcpctl=` },
    { authorization: `Basic ${btoa(`admin:${good}`)}` },
    { authorization: `Token ${good}` },
    { authorization: `Bearer: ${good}` },
    { authorization: good },
    { authorization: `Bearer ${good} ${good}` },
    { authorization: `Bearer ${good}, Bearer ${good}` },
    { authorization: `Bearer ${good}\tx` },
    { "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", forwarded: "for=127.0.0.1", "x-client-ip": "::1" },
    { "x-forwarded-proto": "https", "x-forwarded-host": "localhost", "x-ssl-client-verify": "SUCCESS", "x-ssl-client-s-dn": "CN=admin" },
  ];
}

describe.each(MCP_PATHS)("security rule 4: at $path", (each) => {
  test("nobody is anybody without a bearer that the control plane knows, whatever the request says of itself", async () => {
    const good = gateway.operatorKey;
    for (const headers of claims(good)) {
      for (const [era, body] of firstRequests(each)) {
        for (const query of ["", `?token=${good}`, `?access_token=${good}&authorization=Bearer%20${good}`, "?user=admin&internal=1"]) {
          const all = { "content-type": "application/json", ...(era === "legacy" ? {} : modernHeaders(body)), ...headers };
          const response = await gateway.fetch(`${each.path}${query}`, { method: "POST", headers: all, body });
          expect({ headers, query, status: response.status }).toEqual({ headers, query, status: 401 });
        }
      }
    }
    expect(servers.one?.of("tools/call")).toEqual([]);
  });

  test("a caller is who the credential says, in the audit log too, whatever else the request says", async () => {
    const token = gateway.control.issue("demo");
    const grant = gateway.control.grants.get(token);
    const added = claims(gateway.operatorKey).filter(({ authorization, cookie }) => authorization === undefined && cookie === undefined);
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "admin", version: "1", principal: "system:system" },
        principalId: "system:system",
        _meta: { principal: "system:system", "x-user": "admin", roles: ["admin"] },
      },
    });
    for (const headers of added) {
      const all = { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers };
      expect((await gateway.fetch(each.path, { method: "POST", headers: all, body })).status).toBe(200);
      expect(gateway.control.audited.at(-1)).toMatchObject({
        actorKind: "token",
        actorId: grant?.principal.id,
        project: "demo",
        // The address is the socket's.
        address: "127.0.0.9",
      });
    }
  });

  test("no header, query or member leads a token to another project's servers", async () => {
    const client = await initialized(gateway, { path: each.path });
    const names = [
      "x-project",
      "x-mcp-project",
      "x-mcpctl-project",
      "x-original-url",
      "x-rewrite-url",
      "x-forwarded-uri",
      "x-forwarded-prefix",
    ];
    const values = ["other", "/projects/other/mcp", "/api/v1/mcp/secret"];
    for (const name of [...names, "x-server", "x-mcp-server", "x-original-uri", "x-forwarded-path", "x-http-method-override"]) {
      for (const value of values) {
        const listed = await client.request("tools/list", { project: "other", server: "secret" }, { headers: { [name]: value } });
        expect(JSON.stringify(listed)).not.toContain("secret");
        for (const tool of ["secret__a", "secret.a", "secret/a", "../secret/a"]) {
          const params = { name: tool, server: "secret", project: "other" };
          const response = await client.send("tools/call", params, { headers: { [name]: value, "mcp-name": "secret__a" } });
          expect((await response.json()) as object).toHaveProperty("error");
        }
      }
    }
    expect(servers.secret?.of("tools/call")).toEqual([]);
  });

  test("what a modern request says in its headers and not in its body is refused, and leads nowhere", async () => {
    const [, , call] = firstRequests(each);
    const body = call?.[1] ?? "";
    const right = { authorization: `Bearer ${gateway.token}`, "content-type": "application/json", ...modernHeaders(body) };
    const post = (headers: Record<string, string>) => gateway.fetch(each.path, { method: "POST", headers: { ...right, ...headers }, body });
    expect((await post({})).status).toBe(200);
    const reached = servers.one?.of("tools/call").length;
    for (const wrong of [
      { "mcp-name": each.tool.replace(/a$/, "b") },
      { "mcp-name": each.tool.replace("one", "two").concat("x") },
      { "mcp-name": "secret__a" },
      { "mcp-name": `${each.tool}, secret__a` },
      { "mcp-name": "" },
      { "mcp-method": "tools/list" },
      { "mcp-method": "initialize" },
      { "mcp-method": "TOOLS/CALL" },
      { "mcp-protocol-version": "2025-11-25" },
    ]) {
      const response = await post(wrong);
      expect({ wrong, status: response.status }).toEqual({ wrong, status: 400 });
    }
    for (const { calls } of Object.values(servers)) for (const { paramsText } of calls) expect(paramsText ?? "").not.toContain("secret");
    expect(servers.one?.of("tools/call").length).toBe(reached);
  });
});

describe("security rule 4: a path", () => {
  const wanted = { authorization: "", "content-type": "application/json" };

  test.each([
    "/projects/other/mcp",
    "/projects/demo/../other/mcp",
    "/projects/demo/%2e%2e/other/mcp",
    "/projects/demo/..%2fother/mcp",
    "/projects/demo%2f..%2fother/mcp",
    "/projects//other/mcp",
    "/projects/other/mcp/",
    "/projects/other;demo/mcp",
    "/projects/other%00demo/mcp",
    "/projects/%6fther/mcp",
    "/projects/OTHER/mcp",
    "/projects/other/mcp;/projects/demo/mcp",
    "//projects/other/mcp",
    "/projects/demo/mcp/../../other/mcp",
    "/api/v1/mcp/secret",
    "/api/v1/mcp/one/../secret",
    "/api/v1/mcp/one%2f..%2fsecret",
    "/api/v1/mcp/%73ecret",
    "/api/v1/mcp//secret",
    "/api//v1/mcp/secret",
    "/emcp/secret",
    "/emcp/../emcp/secret",
    "/EMCP/secret",
    "/api/v1/projects/other/servers/secret/mcp",
    "/api/v1/projects/demo/servers/secret/mcp",
    "/api/v1/projects/other/servers/one/mcp",
    "/api/v1/projects/demo/servers/one/../../../other/servers/secret/mcp",
    "/api/v1/projects/demo/servers/..%2f..%2fother%2fservers%2fsecret/mcp",
    "\\projects\\other\\mcp",
    "/projects\\other/mcp",
  ])("%s leads a token of project demo to nothing of project other", async (path) => {
    const listening = LISTENERS.map(([, listen]) => listen(gateway));
    for (const [, body] of firstRequests({ path, tool: "a" })) {
      const headers = { ...wanted, authorization: `Bearer ${gateway.token}`, ...(body.includes("_meta") ? modernHeaders(body) : {}) };
      const response = await gateway.fetch(path.replaceAll("\\", "/"), { method: "POST", headers, body });
      expect(response.status).toBeOneOf([400, 403, 404]);
      expect(await response.text()).not.toContain("secret__");
      // As it is, without the mending that a URL's parser does.
      for (const { port } of listening) {
        const socket = await RawSocket.open(port);
        const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}`);
        socket.say(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
        await socket.until("an answer or the end", ({ statuses, closed }) => statuses.length > 0 || closed);
        expect(socket.statuses[0] ?? 400).toBeOneOf([400, 403, 404]);
        expect(socket.heard).not.toContain("secret__");
        socket.close();
      }
    }
    for (const { stop } of listening) await stop();
    expect(servers.secret?.of("tools/call")).toEqual([]);
    const bound = [...gateway.gateway.pipeline.sessions.held()].flatMap(({ claims }) => [claims.project, claims.server]);
    for (const foreign of ["prj_other", "secret"]) expect(bound).not.toContain(foreign);
  });
});

describe.each(LISTENERS)("security rule 4: on one connection to %s, as a proxy shares it among its clients", (_, listen) => {
  let listener: Listener;
  beforeAll(async () => {
    const make = () => new ScriptedServer({ lists: { tools: [toolText("a")] } });
    shared = await openGateway({ servers: { one: make(), two: make() }, projects: { demo: ["one"], other: ["two"] } });
    listener = listen(shared);
  });
  afterAll(async () => {
    await listener.stop();
    await shared[Symbol.asyncDispose]();
  });
  let shared: TestGateway;

  const initialize = (name: string) =>
    JSON.stringify({
      jsonrpc: "2.0",
      id: name,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name, version: "1" } },
    });
  const head = (authorization: string | undefined, length: number | string, more = "") =>
    `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${authorization === undefined ? "" : `Authorization: ${authorization}\r\n`}${more}Content-Length: ${length}\r\n\r\n`;

  async function exchange(text: string, answers: number): Promise<RawSocket> {
    const socket = await RawSocket.open(listener.port);
    socket.say(text);
    await socket.until(
      "the answers or the end",
      ({ statuses, closed, heard }) => closed || (statuses.length >= answers && heard.endsWith("}")),
    );
    socket.close();
    return socket;
  }

  test("each request is its own caller's, however alike they are, one after another and at once", async () => {
    const other = shared.control.issue("other");
    // Of one length, so that nothing but the credential tells them apart.
    const callers: readonly (readonly [string | undefined, number])[] = [
      [`Bearer ${shared.token}`, 200],
      [`Bearer ${other}`, 200],
      [undefined, 401],
      [`Bearer ${generateCredential("token")}`, 401],
      [`Bearer ${shared.token}`, 200],
      [`Bearer ${shared.token.slice(0, -1)}${shared.token.endsWith("A") ? "B" : "A"}`, 401],
      ["Bearer", 401],
      [`Bearer ${other}`, 200],
    ];
    shared.control.audited.length = 0;
    const texts = callers.map(([authorization], at) => head(authorization, initialize(`c${at}`).length) + initialize(`c${at}`));
    const { statuses } = await exchange(texts.join(""), callers.length);
    expect(statuses).toEqual(callers.map(([, status]) => status));
    const actors = shared.control.audited.map(({ actorId, project }) => (actorId === "" ? "nobody" : project));
    expect(actors).toEqual(["demo", "other", "nobody", "nobody", "demo", "nobody", "nobody", "other"]);
  });

  test("what could be read in two ways is refused, and nothing behind it is carried out", async () => {
    const good = `Bearer ${shared.token}`;
    const inner = head(good, initialize("smuggled").length) + initialize("smuggled");
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const bodies: readonly string[] = [
      head(undefined, 0, "Transfer-Encoding: chunked\r\n") + chunk("x") + inner,
      `${head(undefined, inner.length, "Transfer-Encoding: chunked\r\n")}0\r\n\r\n${inner}`,
      head(undefined, `${inner.length}, 0`) + inner,
      head(undefined, 0, `Content-Length: ${inner.length}\r\n`) + inner,
      head(undefined, `+${inner.length}`) + inner,
      head(undefined, `-0`) + inner,
      head(undefined, `0x0`) + inner,
      head(undefined, `${inner.length} `.replace(" ", "\u00a0")) + inner,
      head(undefined, 0, "Transfer-Encoding: xchunked\r\n") + inner,
      head(undefined, 0, "Transfer-Encoding : chunked\r\n") + inner,
      head(undefined, 0, "Transfer-Encoding:\u000bchunked\r\n") + inner,
      head(undefined, 0, "Transfer-Encoding: identity\r\n") + inner,
      head(undefined, 0, "X: y\r\n Transfer-Encoding: chunked\r\n") + inner,
      head(undefined, 0, "X: y\nContent-Length: 5\r\n") + inner,
      head(undefined, 0, "X: y\rContent-Length: 5\r\n") + inner,
      head(undefined, 0, "X\0: y\r\n") + inner,
      head(undefined, 0, "Content-Length\r\n") + inner,
      head(undefined, 0).replace("POST /mcp HTTP/1.1", "POST /mcp HTTP/1.1\r\n\r\nGET / HTTP/1.1") + inner,
      head(undefined, 0).replace("HTTP/1.1\r\nHost", "HTTP/1.1 \r\nHost") + inner,
      ...["identity", "xchunked", "chunked, identity", "chunked, chunked", "chunked;q=1", "gzip"].map(
        (coding) => `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: ${coding}\r\n\r\n${inner}`,
      ),
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\nb\r\nhello\r\n0\r\n\r\n${inner}`,
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n${inner}`,
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n${inner}`,
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${inner}`,
    ];
    shared.control.audited.length = 0;
    // Until the end: whoever goes on reading would carry the inner one out as the next.
    const sockets = await Promise.all(bodies.map((text) => exchange(text, Number.POSITIVE_INFINITY)));
    for (const [at, { statuses }] of sockets.entries()) {
      expect({ text: bodies[at]?.slice(0, 200), carriedOut: statuses.includes(200) }).toEqual({
        text: bodies[at]?.slice(0, 200),
        carriedOut: false,
      });
    }
    expect(shared.control.audited.filter(({ method }) => method === "initialize")).toEqual([]);
  }, 30_000);

  test("a body is a body: requests in it are none", async () => {
    const inner = head(`Bearer ${shared.token}`, initialize("inner").length) + initialize("inner");
    for (const text of [
      head(undefined, inner.length) + inner,
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
    ]) {
      const { statuses } = await exchange(`${text + head(undefined, 2)}{}`, 2);
      expect(statuses.filter((status) => status !== 401)).toEqual([]);
    }
  });
});
