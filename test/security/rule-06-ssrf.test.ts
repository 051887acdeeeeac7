/**
 * Security rule 6: what somebody else has named is dialled at the address that was judged, and nowhere else
 * (CVE-2026-44430, CVE-2026-45609). Servers at URLs, keys of issuers, redirects.
 */
import { describe, expect, test } from "bun:test";
import type { Backing } from "../../src/api/server-definition.ts";
import { withNounApi } from "../../src/control/http/noun-api.fixture.ts";
import { guardedFetchJson } from "../../src/control/identity/http/guarded-fetch-json.ts";
import { IssuerKeys } from "../../src/control/identity/oidc/issuer-keys.ts";
import { isAllowedAddress } from "../../src/core/address-guard.ts";
import { openGateway } from "../../src/gateway/gateway.fixture.ts";
import { HTTP_LIMITS, httpUpstream } from "../../src/gateway/upstream/http/http-upstream.ts";
import { plainResponse, type RawHttpServer, startRawHttpServer } from "../../src/gateway/upstream/http/raw-http-server.fixture.ts";
import { upstreamEvents } from "../../src/gateway/upstream/upstream-events.fixture.ts";

/** Addresses that are not the internet's, in each notation that a URL takes for them. */
const INSIDE: readonly (readonly [what: string, hosts: readonly string[]])[] = [
  ["this machine", ["127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.255.255.254"]],
  ["this machine by a name", ["localhost", "LOCALHOST", "localhost.", "a.b.localhost"]],
  ["this machine in IPv6", ["[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]"]],
  ["any address", ["0.0.0.0", "0", "[::]", "[::ffff:0.0.0.0]"]],
  ["private", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "0xa000001", "[fd00::1]", "[fc00::1]"]],
  ["a cloud's metadata", ["169.254.169.254", "0xa9fea9fe", "2852039166", "[fd00:ec2::254]", "[::ffff:a9fe:a9fe]", "100.100.100.200"]],
  ["link-local", ["169.254.1.1", "[fe80::1]", "[febf::1]"]],
  ["translated (NAT64)", ["[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]"]],
  ["tunnelled", ["[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[2001:0:7f00:1::]", "[fe80::5efe:7f00:1]", "[2606:2800::5efe:a00:1]"]],
  ["multicast and the rest", ["224.0.0.1", "255.255.255.255", "[ff02::1]", "192.0.2.1", "198.18.0.1"]],
  ["wide digits", ["１２７.0.0.1", "127。0。0。1"]],
];

const CREATE = [
  { role: "create", resource: "servers" },
  { role: "edit", resource: "servers" },
] as const;

describe("security rule 6: a URL is registered", () => {
  test.each(INSIDE)("never at %s by who may register servers, not later by a change either", (_, hosts) =>
    withNounApi(async ({ call, grant }) => {
      grant("eve", ...CREATE);
      const good: Backing = { kind: "url", url: "https://mcp.example.org/mcp" };
      expect((await call("POST", "/servers", { as: "eve", body: { handle: "good", backing: good } })).status).toBe(201);
      for (const host of hosts) {
        for (const scheme of ["http", "https"]) {
          const backing = { kind: "url", url: `${scheme}://${host}:8080/mcp` };
          const made = await call("POST", "/servers", { as: "eve", body: { handle: "evil", backing } });
          const changed = await call("PATCH", "/servers/good", { as: "eve", body: { backing } });
          for (const { status, body } of [made, changed]) {
            expect(status).toBeOneOf([400, 403]);
            expect(body.error.message).toMatch(/is no public address|printable ASCII|must be an http/);
          }
          const opened = { ...backing, allowAddresses: ["0.0.0.0/0", "::/0"] };
          expect((await call("POST", "/servers", { as: "eve", body: { handle: "evil", backing: opened } })).status).toBeOneOf([400, 403]);
        }
      }
      expect((await call("GET", "/servers/evil")).status).toBe(404);
      expect((await call("GET", "/servers/good")).body.backing).toEqual(good);
    }),
  );
});

/** A server at a URL whose name leads where the test says. */
function dial(url: string, options: { lookUp?: () => readonly string[]; allowLoopback?: boolean; allowAddresses?: readonly string[] }) {
  const { lookUp = () => ["127.0.0.1"], allowLoopback = false, allowAddresses = [] } = options;
  return httpUpstream({
    handle: "one",
    url,
    allowLoopback,
    allowAddresses,
    lookUp: async () => lookUp(),
    headers: { authorization: "Bearer of-the-upstream" },
    events: upstreamEvents(),
    onLost: () => {},
    limits: { ...HTTP_LIMITS, reconnect: { firstMs: 1, maxMs: 1 } },
  });
}

const INITIALIZED = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "inside", version: "1" } };

/** A legacy server on this machine. */
function inside(): RawHttpServer {
  return startRawHttpServer({
    async onRequest(connection, _, body) {
      const { id, method } = JSON.parse(body === "" ? "{}" : body) as { id?: unknown; method?: string };
      const answer = method === "initialize" ? { result: INITIALIZED } : { error: { code: -32601, message: "unknown" } };
      const text = JSON.stringify({ jsonrpc: "2.0", id, ...answer });
      await connection.send(plainResponse(text).replace("text/plain", "application/json"));
    },
  });
}

async function expectRefused(upstream: ReturnType<typeof dial>, server: RawHttpServer): Promise<void> {
  upstream.start();
  try {
    await expect(upstream.ready()).rejects.toMatchObject({
      reason: "UPSTREAM_UNAVAILABLE",
      message: expect.stringContaining("not allowed"),
    });
    expect(server.opened).toBe(0);
  } finally {
    await upstream.close();
  }
}

describe("security rule 6: a URL is dialled", () => {
  test("at this machine by a name of somebody else's never, although URLs of this machine may be registered", async () => {
    using server = inside();
    await expectRefused(dial(`http://innocent.example:${server.port}/mcp`, { allowLoopback: true }), server);
    await expectRefused(dial(`http://localhost.evil.example:${server.port}/mcp`, { allowLoopback: true }), server);
    await expectRefused(dial(`http://127.0.0.1.evil.example:${server.port}/mcp`, { allowLoopback: true }), server);
  });

  test.each(["localhost", "127.0.0.1", "127.1"])("at %s where an administrator may have registered it", async (host) => {
    using server = inside();
    const upstream = dial(`http://${host}:${server.port}/mcp`, { allowLoopback: true });
    upstream.start();
    expect(await upstream.ready()).toMatchObject({ serverInfo: { name: "inside" } });
    await upstream.close();
  });

  test("at this machine by a name that an administrator has opened its range for", async () => {
    using server = inside();
    const upstream = dial(`http://innocent.example:${server.port}/mcp`, { allowLoopback: true, allowAddresses: ["127.0.0.0/8"] });
    upstream.start();
    expect(await upstream.ready()).toMatchObject({ serverInfo: { name: "inside" } });
    await upstream.close();
  });

  test.each(INSIDE.flatMap(([, hosts]) => hosts).filter((host) => /^[0-9.]+$/.test(host) && host.split(".").length === 4))(
    "never where a name leads to %s, also as one of many",
    async (address) => {
      using server = inside();
      await expectRefused(dial(`http://innocent.example:${server.port}/mcp`, { lookUp: () => ["93.184.215.14", address] }), server);
    },
  );

  test("at the address that was judged: a name that leads elsewhere a moment later is judged anew", async () => {
    using server = inside();
    const answers = [["127.0.0.1"], ["127.0.0.1", "169.254.169.254"]];
    let asked = 0;
    const lookUp = () => answers[Math.min(asked++, 1)] ?? [];
    const upstream = dial(`http://rebound.example:${server.port}/mcp`, { lookUp, allowAddresses: ["127.0.0.1/32"] });
    upstream.start();
    await upstream.ready();
    // Whatever connection it needs next, the second answer holds an address that nobody has opened.
    await upstream.close();
    const again = dial(`http://rebound.example:${server.port}/mcp`, { lookUp, allowAddresses: ["127.0.0.1/32"] });
    again.start();
    await expect(again.ready()).rejects.toMatchObject({ message: expect.stringContaining("169.254.169.254") });
    await again.close();
  });
});

describe("security rule 6: a redirect", () => {
  test.each([301, 302, 303, 307, 308])(
    "with HTTP %i of a server is followed by nobody, within its own origin or out of it",
    async (status) => {
      using elsewhere = inside();
      for (const location of [`http://127.0.0.1:${elsewhere.port}/mcp`, "/other", `//127.0.0.1:${elsewhere.port}/mcp`]) {
        const asked: string[] = [];
        using server = startRawHttpServer({
          async onRequest(connection, request) {
            asked.push(request.split("\r\n", 1)[0] ?? "");
            await connection.send(`HTTP/1.1 ${status} Moved\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`);
          },
        });
        const upstream = dial(`http://127.0.0.1:${server.port}/mcp`, { allowLoopback: true });
        upstream.start();
        await expect(upstream.ready()).rejects.toThrow();
        await upstream.close();
        expect(new Set(asked)).toEqual(new Set(["POST /mcp HTTP/1.1"]));
        expect(elsewhere.opened).toBe(0);
      }
    },
  );
});

describe("security rule 6: keys of an issuer", () => {
  const issuer = { issuer: "https://login.example.org", audience: "mcpctl", algorithm: "ES256", emailClaim: "email" } as const;
  const clock = { now: () => new Date(0) };
  const header = { alg: "ES256" };
  const token = { payload: "", signature: "" };

  /** A provider on this machine, and what its keys' fetching comes to by the guard that mcpd uses. */
  async function fetched(answer: (path: string, port: number) => Response, name = "login.example.org") {
    const asked: string[] = [];
    const take = (request: Request): Response => {
      const { pathname, port } = new URL(request.url);
      asked.push(pathname);
      return answer(pathname, Number(port));
    };
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: take });
    const looked: string[] = [];
    const guard = guardedFetchJson({
      // The first hop is let through so that the second one is what is judged.
      isAllowedAddress: (address) => address === "127.0.0.1" || isAllowedAddress(address, { allow: [], allowLoopback: false }),
      resolve: async (host) => {
        looked.push(host);
        return host === name ? ["127.0.0.1"] : ["169.254.169.254"];
      },
      allowHttp: true,
    });
    const keys = new IssuerKeys({ ...issuer, issuer: `http://${name}:${server.port}` }, { fetchJson: guard, clock });
    const failure = await keys.keyOf(header, token).catch((thrown: unknown) => thrown as { reason?: string; cause?: { reason?: string } });
    await server.stop(true);
    return { asked, looked, failure: failure as { reason?: string; cause?: { reason?: string } } };
  }

  test("are not fetched from where a discovery document of the issuer's own points inside", async () => {
    for (const target of [
      "http://metadata.example/keys",
      "http://169.254.169.254/keys",
      "http://[::ffff:a9fe:a9fe]/keys",
      "http://10.0.0.1/",
    ]) {
      const { asked, failure } = await fetched((_, port) =>
        Response.json({ issuer: `http://login.example.org:${port}`, jwks_uri: target }),
      );
      expect(asked).toHaveLength(1);
      expect(failure).toMatchObject({ reason: "JWKS_UNAVAILABLE", cause: { reason: "FETCH_REFUSED" } });
    }
  });

  test("are not fetched by a file, another scheme or a URL with a password", async () => {
    for (const target of ["file:///etc/passwd", "gopher://169.254.169.254/", "http://me:secret@login.example.org/keys"]) {
      const { asked, failure } = await fetched((_, port) =>
        Response.json({ issuer: `http://login.example.org:${port}`, jwks_uri: target }),
      );
      expect([asked.length, failure.cause?.reason]).toEqual([1, "FETCH_REFUSED"]);
    }
  });

  test("are not fetched over a redirect", async () => {
    const { asked, failure } = await fetched((path, port) =>
      path === "/moved"
        ? Response.json({ keys: [] })
        : new Response(null, { status: 307, headers: { location: `http://login.example.org:${port}/moved` } }),
    );
    expect([asked.length, failure.reason]).toEqual([1, "JWKS_UNAVAILABLE"]);
  });

  test("are looked up once: the address that was judged is the one that is dialled", async () => {
    const { asked, looked } = await fetched((_, port) =>
      Response.json({ issuer: `http://login.example.org:${port}`, jwks_uri: `http://login.example.org:${port}/keys` }),
    );
    expect(asked.length).toBe(2);
    expect(looked).toEqual(["login.example.org", "login.example.org"]);
  });
});

test("security rule 6: what a client names is never fetched here: URIs go to the server that has them, as they are", async () => {
  using server = inside();
  await using gateway = await openGateway();
  const client = gateway.client();
  await client.initialize();
  for (const uri of [`http://127.0.0.1:${server.port}/`, "file:///etc/passwd", "http://169.254.169.254/latest/meta-data/"]) {
    expect(await client.request("resources/read", { uri })).toMatchObject({ error: { code: -32602 } });
  }
  expect(server.opened).toBe(0);
});
