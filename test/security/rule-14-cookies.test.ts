/**
 * Security rule 14: a browser sends a cookie with whatever page's request. So it counts on the routes of the manager and of
 * the console alone, from a page whose origin is ours to the port; a request without an Origin passes only where no browser
 * says whose it is.
 */
import { describe, expect, test } from "bun:test";
import { withIdentityApi } from "../../src/control/http/identity-api.fixture.ts";
import { generateCredential } from "../../src/core/credential.ts";
import { openGateway, type TestGateway } from "../../src/gateway/gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY } from "../../src/gateway/policy/gateway-policy.ts";
import { ScriptedServer, toolText } from "../../src/gateway/scripted-upstream.fixture.ts";
import { firstRequests, MCP_PATHS, modernHeaders } from "./mcp-routes.ts";

const COOKIE = "__Host-mcpctl";
const ALL = {
  bindings: [
    { role: "view", resource: "*" },
    { role: "run", resource: "*" },
  ],
} as const;

async function withSession(run: (gateway: TestGateway, session: string) => Promise<void>, policy = {}): Promise<void> {
  await using gateway = await openGateway({ servers: { one: new ScriptedServer({ lists: { tools: [toolText("a")] } }) }, policy });
  await run(gateway, gateway.control.logIn("ann", ALL));
}

/** What is posted first, in each era. */
function posts({ path, tool }: { readonly path: string; readonly tool: string }) {
  return firstRequests({ path, tool }).map(([era, body]) => ({
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...(era === "legacy" ? {} : modernHeaders(body)) },
  }));
}

/** What a browser says beside an Origin. */
const SITES = [undefined, "same-origin", "same-site", "cross-site", "none", "Same-Origin", ""];

const withSite = (site: string | undefined) => (site === undefined ? {} : { "sec-fetch-site": site });
const withOrigin = (origin: string | undefined) => (origin === undefined ? {} : { origin });

describe("security rule 14: off the manager's routes", () => {
  test.each(MCP_PATHS.filter(({ path }) => !path.startsWith("/emcp/")))("a cookie opens nothing at $path, from whatever page", (each) =>
    withSession(async (gateway, session) => {
      for (const origin of [undefined, "http://127.0.0.1:3200", "http://localhost:3200"]) {
        for (const site of SITES) {
          const headers = { cookie: `${COOKIE}=${session}`, ...withOrigin(origin), ...withSite(site) };
          for (const init of [...posts(each), { method: "GET", headers: {} }, { method: "DELETE", headers: {} }]) {
            const { status } = await gateway.fetch(each.path, { ...init, headers: { ...init.headers, ...headers } });
            expect(status).toBeOneOf([401, 405]);
          }
        }
      }
      expect(gateway.control.asked).not.toContain(session);
    }),
  );

  test.each(MCP_PATHS)("a cookie beside a bearer changes nothing at $path but where it could be taken, and there neither counts", (each) =>
    withSession(async (gateway, session) => {
      const bearer = gateway.control.issue("demo");
      for (const init of posts(each)) {
        const headers = {
          ...init.headers,
          authorization: `Bearer ${bearer}`,
          cookie: `${COOKIE}=${session}`,
          origin: "http://127.0.0.1:3200",
        };
        const { status } = await gateway.fetch(each.path, { ...init, headers });
        expect(status).toBe(each.path.startsWith("/emcp/") ? 401 : 200);
      }
    }),
  );
});

const MANAGER = { path: "/emcp/one", tool: "a" };

describe("security rule 14: on the manager's routes", () => {
  const own = "http://127.0.0.1:3200";

  async function verdict(
    gateway: TestGateway,
    init: { method: string; body?: string; headers: Record<string, string> },
    headers: object,
    path = MANAGER.path,
  ) {
    return (await gateway.fetch(path, { ...init, headers: { ...init.headers, ...headers } })).status;
  }

  test("a page of ours may call with its cookie, and one of any other origin may not", () =>
    withSession(async (gateway, session) => {
      const cookie = `${COOKIE}=${session}`;
      const foreign = [
        "http://127.0.0.1",
        "http://127.0.0.1:3201",
        "http://127.0.0.1:80",
        "https://127.0.0.1:3200",
        "http://localhost:3200",
      ];
      const odd = [
        "null",
        "http://[::1]:3200",
        "http://127.0.0.1:3200.evil.example",
        "http://127.0.0.1:3200@evil.example",
        "https://evil.example",
      ];
      for (const init of posts(MANAGER)) {
        expect(await verdict(gateway, init, { cookie, origin: own })).toBe(200);
        for (const origin of [...foreign, ...odd, `${own}/`, own.toUpperCase(), `${own}, https://evil.example`]) {
          for (const site of SITES) {
            expect([origin, site, await verdict(gateway, init, { cookie, origin, ...withSite(site) })]).toEqual([origin, site, 403]);
          }
        }
      }
      for (const origin of [...foreign, ...odd]) {
        expect(await verdict(gateway, { method: "GET", headers: {} }, { cookie, origin }, "/emcp/servers")).toBe(403);
        expect(await verdict(gateway, { method: "DELETE", headers: {} }, { cookie, origin })).toBe(403);
      }
    }));

  test.each(SITES)("without an Origin a browser's request is refused, unless it only reads for a page of ours (%j)", (site) =>
    withSession(async (gateway, session) => {
      const headers = { cookie: `${COOKIE}=${session}`, ...withSite(site) };
      for (const init of posts(MANAGER)) expect(await verdict(gateway, init, headers)).toBe(site === undefined ? 200 : 403);
      const end = { method: "DELETE", headers: { "mcp-session-id": "x" } };
      expect(await verdict(gateway, end, headers)).toBe(site === undefined ? 404 : 403);
      const read = await verdict(gateway, { method: "GET", headers: {} }, headers, "/emcp/servers");
      expect(read).toBe(site === undefined || site === "same-origin" ? 200 : 403);
    }),
  );

  test("a Host that a page has made up makes no origin ours", () =>
    withSession(async (gateway, session) => {
      for (const host of ["evil.example", "evil.example:3200", "127.0.0.1:3201"]) {
        for (const init of posts(MANAGER)) {
          const origins = [`http://${host}`, own];
          for (const origin of origins) {
            const status = await verdict(gateway, init, { cookie: `${COOKIE}=${session}`, host, origin });
            // By another port of this machine it is reached as by its own: then that is whose page it is.
            expect([host, origin, status]).toEqual([host, origin, host === "127.0.0.1:3201" && origin === origins[0] ? 200 : 403]);
          }
        }
      }
    }));

  test("a page behind a proxy is ours where the configuration says so, to the letter", () =>
    withSession(
      async (gateway, session) => {
        const cookie = `${COOKIE}=${session}`;
        for (const init of posts(MANAGER)) {
          expect(await verdict(gateway, init, { cookie, origin: "https://mcp.example.org" })).toBe(200);
          for (const origin of [
            "http://mcp.example.org",
            "https://mcp.example.org:8443",
            "https://a.mcp.example.org",
            "https://mcp.example.org.evil.example",
          ]) {
            expect(await verdict(gateway, init, { cookie, origin })).toBe(403);
          }
        }
      },
      { ...DEFAULT_GATEWAY_POLICY, ownOrigins: ["https://mcp.example.org"] },
    ));

  test("a cookie of ours is one of its name, once, that holds a session", () =>
    withSession(async (gateway, session) => {
      const [init] = posts(MANAGER);
      if (init === undefined) throw new Error("there is one");
      const at = (cookie: string) => verdict(gateway, init, { cookie, origin: own });
      expect(await at(`a=b; ${COOKIE}=${session}; c=d`)).toBe(200);
      for (const name of [
        "mcpctl",
        "__Secure-mcpctl",
        "__host-mcpctl",
        "__HOST-MCPCTL",
        "x__Host-mcpctl",
        "__Host-mcpctl-x",
        "session",
        "token",
      ]) {
        expect([name, await at(`${name}=${session}`)]).toEqual([name, 401]);
      }
      const planted = [
        `${COOKIE}=${session}; ${COOKIE}=${session}`,
        `${COOKIE}=evil; ${COOKIE}=${session}`,
        `${COOKIE}=${session}, ${COOKIE}=${session}`,
        `${COOKIE}="${session}"`,
        `${COOKIE}=Bearer ${session}`,
        `${COOKIE}=${session}=`,
        `${COOKIE}=`,
      ];
      for (const cookie of planted) expect([cookie, await at(cookie)]).toEqual([cookie, cookie === `${COOKIE}=${session}=` ? 200 : 401]);
      // What opens something as a bearer opens nothing as a cookie.
      const others = [
        gateway.token,
        gateway.operatorKey,
        generateCredential("gateway"),
        generateCredential("session"),
        "eyJhbGciOiJFZERTQSJ9.e30.x",
      ];
      for (const other of others) expect(await at(`${COOKIE}=${other}`)).toBe(401);
    }));
});

describe("security rule 14: at mcpd", () => {
  const own = "http://127.0.0.1:3100";

  async function logIn(call: Parameters<Parameters<typeof withIdentityApi>[0]>[0]["call"]): Promise<string> {
    const { headers } = await call("POST", "/api/v1/auth/login", { body: { username: "root", password: "root", client: "browser" } });
    return headers.get("set-cookie") ?? "";
  }

  test("a browser is told to keep the session from scripts, other hosts, other pages and plain HTTP", () =>
    withIdentityApi(async ({ call }) => {
      const set = await logIn(call);
      const [pair = "", ...attributes] = set.split("; ");
      expect(pair).toStartWith("__Host-mcpctl=mcpctl_ses_");
      expect(
        attributes
          .map((each) => each.toLowerCase())
          .filter((each) => !each.startsWith("max-age="))
          .toSorted(),
      ).toEqual(["httponly", "path=/", "samesite=strict", "secure"]);
      const { headers, body } = await call("POST", "/api/v1/auth/login", {
        body: { username: "root", password: "root", client: "browser" },
      });
      // It is in the cookie alone, where no script sees it.
      expect([body.token, headers.get("cache-control")]).toEqual([null, "no-store"]);
    }));

  test("a change takes an Origin that is ours to the port; a request that only reads may have none", () =>
    withIdentityApi(async ({ call }) => {
      const cookie = (await logIn(call)).split(";", 1)[0] ?? "";
      const body = { current: "root", next: "another-long-password" };
      const foreign = [
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:3101",
        "https://127.0.0.1:3100",
        "http://localhost:3100",
        "https://evil.example",
      ];
      for (const site of SITES) {
        for (const origin of [undefined, ...foreign]) {
          const headers = { cookie, ...withOrigin(origin), ...withSite(site) };
          for (const [method, path, more] of [
            ["POST", "/api/v1/auth/password", { body }],
            ["POST", "/api/v1/auth/logout", {}],
            ["DELETE", "/api/v1/sessions/ses_0000000000000000000000", {}],
            ["POST", "/api/v1/token", { body: { scopes: ["mcp:read"] } }],
          ] as const) {
            expect({ method, path, site, origin, ...(await call(method, path, { ...more, headers })) }).toMatchObject({ status: 403 });
          }
          const reads = await call("GET", "/api/v1/probe", { headers });
          const mayRead = origin === undefined && (site === undefined || site === "same-origin");
          expect({ site, origin, status: reads.status }).toEqual({ site, origin, status: mayRead ? 200 : 403 });
        }
      }
      expect((await call("GET", "/api/v1/probe", { headers: { cookie, origin: own } })).status).toBe(200);
      expect((await call("POST", "/api/v1/auth/logout", { headers: { cookie, origin: own } })).status).toBe(204);
      expect((await call("GET", "/api/v1/probe", { headers: { cookie, origin: own } })).status).toBe(401);
    }));

  test("a body that a form of another page can send is none", () =>
    withIdentityApi(async ({ call }) => {
      const cookie = (await logIn(call)).split(";", 1)[0] ?? "";
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "", "text/json"]) {
        const headers = { cookie, origin: own, "content-type": type };
        expect((await call("POST", "/api/v1/token", { body: { scopes: ["mcp:read"] }, headers })).status).toBeGreaterThanOrEqual(400);
      }
    }));

  test("a cookie is no JWT of an agent: whoever sends it along logs nobody out", () =>
    withIdentityApi(async ({ call }) => {
      const cookie = (await logIn(call)).split(";", 1)[0] ?? "";
      for (const origin of [own, "https://evil.example", undefined]) {
        expect((await call("POST", "/v1/auth/logout", { headers: { cookie, ...withOrigin(origin) } })).status).toBeGreaterThanOrEqual(400);
      }
      expect((await call("GET", "/api/v1/probe", { headers: { cookie, origin: own } })).status).toBe(200);
    }));
});
