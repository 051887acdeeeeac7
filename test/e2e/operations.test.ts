/** What the runbook (docs/OPERATIONS.md) says of profiles, limits and streams, on real processes. */
import { beforeAll, describe, expect, test } from "bun:test";
import { RestCaller } from "./support/rest-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";

const LIMIT_MS = 60_000;
const scratch = new Scratch("operations");
const CLIENT = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "runbook", version: "1.0.0" } };
const SEARCH = { name: "evo.content.search", arguments: { limit: 1 } };

type Headers = Readonly<Record<string, string>>;

async function start(name: string, config: string): Promise<Ready> {
  const file = scratch.path(`${name}.toml`);
  await Bun.write(file, config);
  return scratch.upWithReadyFile(name, { args: ["--config", file] }).ready();
}

/** Sends one message; the answer is JSON. */
async function rpc(url: string, method: string, params: object, headers: Headers) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
  // biome-ignore lint/suspicious/noExplicitAny: a reply is looked at by what a test expects of it.
  return { status: response.status, headers: response.headers, json: (await response.json()) as any };
}

/** Opens a session and returns the headers that go with it. */
async function open(url: string, headers: Headers): Promise<Headers> {
  const opened = await rpc(url, "initialize", CLIENT, headers);
  expect({ status: opened.status, error: opened.json.error }).toEqual({ status: 200, error: undefined });
  return { ...headers, "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
}

/** A browser's session in its cookie. */
async function cookieOf({ api, admin }: Ready): Promise<string> {
  const response = await fetch(`${api}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...admin, client: "browser" }),
  });
  return response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
}

async function jwtOf({ api, admin }: Ready, scopes: readonly string[] = ["mcp:read", "mcp:call"]): Promise<Headers> {
  const response = await fetch(`${api}/api/v1/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...admin, scopes }),
  });
  return { authorization: `Bearer ${((await response.json()) as { token: string }).token}` };
}

const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const managerOf = ({ gateway }: Ready) => `${gateway}/emcp/content`;
const apiOf = ({ gateway }: Ready) => `${gateway}/api/v1/mcp/content`;

describe("the default profile has both flows", () => {
  let ready: Ready;
  let browser: Headers;
  beforeAll(async () => {
    ready = await start("hybrid", "");
    browser = { cookie: await cookieOf(ready), origin: new URL(ready.gateway).origin };
  }, LIMIT_MS);

  test("a browser's session opens the manager's route and a JWT the API's: initialize, the canonical tools, one that reads, its version and the trace", async () => {
    for (const [url, headers] of [
      [managerOf(ready), browser],
      [apiOf(ready), await jwtOf(ready)],
    ] as const) {
      const session = await open(url, headers);
      const listed = await rpc(url, "tools/list", {}, session);
      const names = listed.json.result.tools.map(({ name }: { readonly name: string }) => name);
      expect(names).toContain("evo.content.search");
      expect(names).toContain("evo.model.get");
      const trace = { "x-trace-id": "runbook-57" };
      const called = await rpc(url, "tools/call", SEARCH, { ...session, ...trace });
      expect(called.headers.get("x-trace-id")).toBe("runbook-57");
      expect(called.json.result.isError ?? false).toBe(false);
      expect(JSON.stringify(called.json.result)).toContain("toolsetVersion");
    }
  });

  test("the manager's list tells the servers, and a cookie from another page opens nothing", async () => {
    const listed = await fetch(`${ready.gateway}/emcp/servers`, {
      headers: { cookie: browser.cookie ?? "", "sec-fetch-site": "same-origin" },
    });
    expect(await listed.json()).toMatchObject({
      servers: expect.arrayContaining([expect.objectContaining({ handle: "content", state: "ready", enabled: true })]),
    });
    expect((await rpc(managerOf(ready), "initialize", CLIENT, { ...browser, origin: "http://127.0.0.1:1" })).json.error.code).toBe(
      "origin_denied",
    );
    expect((await rpc(apiOf(ready), "initialize", CLIENT, browser)).status).toBe(401);
  });

  test("GET on a route of one server is 405, and what may be done is named", async () => {
    for (const url of [managerOf(ready), apiOf(ready)]) {
      const response = await fetch(url, { headers: bearer(ready.token) });
      expect({ status: response.status, allow: response.headers.get("allow") }).toEqual({ status: 405, allow: "POST, DELETE" });
      expect(await response.json()).toMatchObject({ error: { code: "method_not_allowed" } });
    }
  });

  test("security is closed by default: no tool that writes is listed, an unmapped method takes mcp:admin, a token without rights opens nothing", async () => {
    const files = await open(`${ready.gateway}/api/v1/mcp/files`, bearer(ready.token));
    const { json } = await rpc(`${ready.gateway}/api/v1/mcp/files`, "tools/list", {}, files);
    const writing = json.result.tools.filter(
      (tool: { annotations?: { readOnlyHint?: boolean } }) => tool.annotations?.readOnlyHint === false,
    );
    expect(writing).toEqual([]);
    const session = await open(apiOf(ready), bearer(ready.token));
    expect(await rpc(apiOf(ready), "admin/reload", {}, session)).toMatchObject({ status: 403, json: { error: { code: "scope_denied" } } });
    const nobody = await (await RestCaller.logIn(ready)).makeToken("nobody", "demo", []);
    expect((await rpc(apiOf(ready), "initialize", CLIENT, bearer(nobody))).status).toBe(404);
    const project = await open(ready.url, bearer(nobody));
    expect((await rpc(ready.url, "tools/list", {}, project)).status).toBe(403);
  });

  test("a server's policy takes effect without a restart", async () => {
    const admin = await RestCaller.logIn(ready);
    const caller = bearer(await admin.makeToken("policy", "demo"));
    const session = await open(apiOf(ready), caller);
    const names = async () =>
      (await rpc(apiOf(ready), "tools/list", {}, session)).json.result.tools.map(({ name }: { readonly name: string }) => name);
    const policy = {
      denyTools: ["evo.model.*"],
      tools: { "evo.content.search": { rename: "search", description: "Finds documents." }, "evo.content.get": { hidden: true } },
    };
    await admin.send("PATCH", "/servers/content", { policy });
    let listed = await names();
    for (const until = performance.now() + 10_000; !listed.includes("search") && performance.now() < until; listed = await names())
      await Bun.sleep(20);
    expect(listed).toContain("search");
    expect(listed.filter((name: string) => name.startsWith("evo.model.") || name === "evo.content.get")).toEqual([]);
    expect((await rpc(apiOf(ready), "tools/call", { ...SEARCH, name: "search" }, session)).json.result.isError ?? false).toBe(false);
    for (const name of ["evo.model.get", "evo.content.get"]) {
      expect(await rpc(apiOf(ready), "tools/call", { name }, session)).toMatchObject({
        status: 403,
        json: { error: { code: "tool_denied" } },
      });
    }
    await admin.send("PATCH", "/servers/content", { policy: {} });
  });
});

describe("other profiles", () => {
  test(
    "manager alone: its route works, the API's is not there",
    async () => {
      const ready = await start("manager", "[mode]\napi = false\n");
      await open(managerOf(ready), { cookie: await cookieOf(ready), origin: new URL(ready.gateway).origin });
      expect((await rpc(apiOf(ready), "initialize", CLIENT, await jwtOf(ready))).status).toBe(404);
    },
    LIMIT_MS,
  );

  test(
    "API alone, at a base of its own: it works with a JWT's scopes, the manager's route is not there",
    async () => {
      const ready = await start("api", '[mode]\ninternal = false\n[route]\napi_base = "/rest"\nversion = "v2"\n');
      const url = `${ready.gateway}/rest/v2/mcp/content`;
      const session = await open(url, await jwtOf(ready, ["mcp:read"]));
      expect((await rpc(url, "tools/list", {}, session)).status).toBe(200);
      expect((await rpc(url, "tools/call", SEARCH, session)).json.error.code).toBe("scope_denied");
      for (const gone of [managerOf(ready), apiOf(ready)])
        expect((await rpc(gone, "initialize", CLIENT, bearer(ready.token))).status).toBe(404);
    },
    LIMIT_MS,
  );
});

describe("limits and streams", () => {
  let ready: Ready;
  let admin: RestCaller;
  beforeAll(async () => {
    ready = await start(
      "limits",
      "[rate_limit]\nper_minute = 5\n[limits]\nmax_payload_kb = 2\nmax_header_bytes = 4096\n[stream]\nheartbeat_seconds = 1\nmax_stream_seconds = 600\n",
    );
    admin = await RestCaller.logIn(ready);
  }, LIMIT_MS);

  test("a burst is 429 with Retry-After from the first call over the limit on, the server's own limit coming first", async () => {
    const burst = async (caller: Headers) => {
      const found = [];
      for (let call = 0; call < 8; call += 1) found.push(await rpc(apiOf(ready), "initialize", CLIENT, caller));
      const first = found.findIndex(({ status }) => status === 429);
      expect(found.slice(first).every(({ status, json }) => status === 429 && json.error.code === "rate_limited")).toBe(true);
      const wait = Number(found[first]?.headers.get("retry-after"));
      expect(wait >= 1 && wait <= 60).toBe(true);
      return first;
    };
    for (const name of ["one", "two"]) expect(await burst(bearer(await admin.makeToken(name, "demo")))).toBe(5);
    await admin.send("PATCH", "/servers/content", { rateLimit: 2 });
    let passed = 0;
    for (let tries = 0; tries < 50 && passed !== 2; tries += 1) passed = await burst(bearer(await admin.makeToken(`own-${tries}`, "demo")));
    expect(passed).toBe(2);
    await admin.send("PATCH", "/servers/content", { rateLimit: 0 });
  });

  test("a body over the limit is 413, headers over theirs 431, and another content type 415", async () => {
    const caller = bearer(ready.token);
    const large = { ...CLIENT, filler: "x".repeat(3000) };
    expect(await rpc(apiOf(ready), "initialize", large, caller)).toMatchObject({
      status: 413,
      json: { error: { code: "payload_too_large" } },
    });
    expect((await rpc(apiOf(ready), "initialize", CLIENT, { ...caller, "x-filler": "x".repeat(5000) })).status).toBe(431);
    expect((await rpc(apiOf(ready), "initialize", CLIENT, { ...caller, "content-type": "text/plain" })).status).toBe(415);
  });

  test("a stream says how it is kept, and its heartbeats come", async () => {
    const session = await open(ready.url, bearer(await admin.makeToken("listener", "demo")));
    const ended = new AbortController();
    const response = await fetch(ready.url, { headers: { ...session, accept: "text/event-stream" }, signal: ended.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("x-stream-heartbeat-seconds")).toBe("1");
    expect(response.headers.get("x-stream-max-seconds")).toBe("600");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (!text.includes(": alive")) text += new TextDecoder().decode((await reader.read()).value);
    ended.abort();
  }, 30_000);

  test(
    "where streams are off an attempt is refused, and JSON is answered",
    async () => {
      const off = await start("still", "[stream]\nenabled = false\n");
      const session = await open(off.url, bearer(off.token));
      const call = { ...SEARCH, name: "content__evo.content.search" };
      const refused = await rpc(off.url, "tools/call", call, { ...session, accept: "text/event-stream" });
      expect(refused).toMatchObject({ status: 403, json: { error: { code: "streaming_disabled" } } });
      expect((await rpc(off.url, "tools/call", call, { ...session, accept: "application/json, text/event-stream" })).status).toBe(200);
      const listening = await fetch(off.url, { headers: { ...session, accept: "text/event-stream" } });
      expect({ status: listening.status, allow: listening.headers.get("allow") }).toEqual({ status: 405, allow: "POST, DELETE" });
    },
    LIMIT_MS,
  );
});
