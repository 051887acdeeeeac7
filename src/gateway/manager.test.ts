/** The manager's routes: one server under its own names, and the list, for browsers with a session and for bearers. */
import { describe, expect, test } from "bun:test";
import { generateCredential } from "../core/credential.ts";
import { SESSION_COOKIE } from "../core/session-cookie.ts";
import { openGateway, type TestGateway } from "./gateway.fixture.ts";
import { routePolicyOf } from "./route-policy.ts";
import { ScriptedServer, toolText } from "./scripted-upstream.fixture.ts";

const tools = () => new ScriptedServer({ lists: { tools: [toolText("a")] } });
const OWN = "http://127.0.0.1:3200";
const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
});

function withCookie(gateway: TestGateway, session: string) {
  return (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    gateway.fetch(path, {
      method: "POST",
      body: init.method === "GET" || init.method === "DELETE" ? null : INITIALIZE,
      ...init,
      headers: { "content-type": "application/json", cookie: `theme=dark; ${SESSION_COOKIE}=${session}`, ...headers },
    });
}

async function statusAndCode(response: Response): Promise<string> {
  const body = (await response.json()) as { error?: { code: string } };
  return `${response.status} ${body.error?.code ?? ""}`.trim();
}

describe("with the session of a browser", () => {
  test("a server is opened, listed, called and left, as on the API's route", async () => {
    await using gateway = await openGateway({ servers: { one: tools() } });
    const call = withCookie(gateway, gateway.control.logIn("ann"));
    const opened = await call("/emcp/one", { origin: OWN });
    expect(opened.status).toBe(200);
    const session = { origin: OWN, "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    const listed = await call("/emcp/one", session, { body: '{"jsonrpc":"2.0","id":2,"method":"tools/list"}' });
    expect(await listed.json()).toMatchObject({ result: { tools: [{ name: "a" }] } });
    const called = await call("/emcp/one", session, { body: '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"a"}}' });
    expect(called.status).toBe(200);
    expect((await call("/emcp/one", session, { method: "DELETE" })).status).toBe(204);
  });

  test.each([
    ["a page on another port of this machine", { origin: "http://127.0.0.1:3100" }, "403 origin_denied"],
    ["a page over another scheme", { origin: "https://127.0.0.1:3200" }, "403 origin_denied"],
    ["a page without an origin", { origin: "null" }, "403 origin_denied"],
    ["no origin, from another site", { "sec-fetch-site": "cross-site" }, "403 origin_denied"],
    ["no origin, from the same site", { "sec-fetch-site": "same-site" }, "403 origin_denied"],
    ["no origin, and a browser", { "sec-fetch-site": "same-origin" }, "403 origin_denied"],
    ["no origin, and no browser", {}, "200"],
    ["a page of our own", { origin: OWN }, "200"],
  ])("%s is %p → %p (security rule 14)", async (_, headers, expected) => {
    await using gateway = await openGateway({ servers: { one: tools() } });
    const call = withCookie(gateway, gateway.control.logIn("ann"));
    expect(await statusAndCode(await call("/emcp/one", headers as Record<string, string>))).toBe(expected);
  });

  test("a page of an origin that the configuration names may call, on these routes alone", async () => {
    await using gateway = await openGateway({ servers: { one: tools() }, policy: { ownOrigins: ["https://console.example.org"] } });
    const call = withCookie(gateway, gateway.control.logIn("ann"));
    const headers = { origin: "https://console.example.org" };
    expect((await call("/emcp/one", headers)).status).toBe(200);
    expect(await statusAndCode(await call("/emcp/one", { origin: "https://console.example.org:8443" }))).toBe("403 origin_denied");
    expect(await statusAndCode(await call("/api/v1/mcp/one", headers))).toBe("403 origin_denied");
  });

  test("no other route takes a cookie (security rule 14)", async () => {
    await using gateway = await openGateway({ servers: { one: tools() } });
    const call = withCookie(gateway, gateway.control.logIn("ann"));
    for (const path of ["/api/v1/mcp/one", "/projects/demo/mcp", "/mcp", "/api/v1/projects/demo/servers/one/mcp"]) {
      expect(await statusAndCode(await call(path, { origin: OWN }))).toBe("401 unauthenticated");
    }
    expect(gateway.control.asked).toEqual([]);
  });

  test("a cookie beside a bearer, one that is no session, and two of them open nothing", async () => {
    await using gateway = await openGateway({ servers: { one: tools() } });
    const session = gateway.control.logIn("ann");
    const call = withCookie(gateway, session);
    expect(await statusAndCode(await call("/emcp/one", { origin: OWN, authorization: `Bearer ${gateway.token}` }))).toBe(
      "401 unauthenticated",
    );
    expect(await statusAndCode(await withCookie(gateway, gateway.token)("/emcp/one", { origin: OWN }))).toBe("401 unauthenticated");
    const twice = `${SESSION_COOKIE}=${session}; ${SESSION_COOKIE}=${session}`;
    expect(await statusAndCode(await call("/emcp/one", { origin: OWN, cookie: twice }))).toBe("401 unauthenticated");
    expect(await statusAndCode(await withCookie(gateway, generateCredential("session"))("/emcp/one", { origin: OWN }))).toBe(
      "401 unauthenticated",
    );
  });
});

describe("the list", () => {
  const bearer = (credential: string) => ({ headers: { authorization: `Bearer ${credential}` } });

  test("tells the servers that the caller may view, with their state, and no others", async () => {
    const servers = { one: tools(), two: tools(), off: tools() };
    await using gateway = await openGateway({ servers, disabled: ["off"], projects: { demo: ["one"], shop: ["two", "off"] } });
    const listed = async (credential: string) => (await gateway.fetch("/emcp/servers", bearer(credential))).json();
    const [one, two] = ["one", "two"].map((handle) => ({ handle, enabled: true, state: "ready", tools: 1, stale: false }));
    const off = { handle: "off", enabled: false, state: "disabled", tools: null, stale: false };
    expect(await listed(gateway.control.logIn("ann"))).toEqual({ servers: [one, two, off] });
    const some = gateway.control.logIn("bob", { bindings: [{ role: "view", resource: "servers", name: "two" }] });
    expect(await listed(some)).toEqual({ servers: [two] });
    expect(await listed(gateway.token)).toEqual({ servers: [one] });
    expect(await listed(gateway.control.logIn("eve", { bindings: [] }))).toEqual({ servers: [] });
    expect((await gateway.fetch("/emcp/servers")).status).toBe(401);
  });

  test("is read by a page of our own, whose browser sends no Origin with it", async () => {
    await using gateway = await openGateway({ servers: { one: tools() } });
    const call = withCookie(gateway, gateway.control.logIn("ann"));
    expect((await call("/emcp/servers", { "sec-fetch-site": "same-origin" }, { method: "GET" })).status).toBe(200);
    expect((await call("/emcp/servers", { "sec-fetch-site": "cross-site" }, { method: "GET" })).status).toBe(403);
  });
});

describe("profiles", () => {
  const settings = { managerPrefix: "emcp", apiBase: "/api", version: "v1" };
  const statuses = async (modes: { internal: boolean; api: boolean }) => {
    await using gateway = await openGateway({ servers: { one: tools() }, policy: { routes: routePolicyOf({ ...settings, ...modes }) } });
    const statusOf = async (path: string) => {
      const headers = { authorization: `Bearer ${gateway.token}`, "content-type": "application/json" };
      return (await gateway.fetch(path, { method: "POST", headers, body: INITIALIZE })).status;
    };
    return { manager: await statusOf("/emcp/one"), api: await statusOf("/api/v1/mcp/one"), project: await statusOf("/projects/demo/mcp") };
  };

  test("manager alone: the manager's route works and the API's is not there", async () => {
    expect(await statuses({ internal: true, api: false })).toEqual({ manager: 200, api: 404, project: 200 });
  });

  test("API alone: the API's route works and the manager's is not there", async () => {
    expect(await statuses({ internal: false, api: true })).toEqual({ manager: 404, api: 200, project: 200 });
  });

  test("both, which is the default", async () => {
    expect(await statuses({ internal: true, api: true })).toEqual({ manager: 200, api: 200, project: 200 });
  });
});
