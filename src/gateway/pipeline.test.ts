/** What the gateway refuses, in the order in which it looks, and with what words. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { generateCredential } from "../core/credential.ts";
import { initialized, openGateway, type TestClient, type TestGateway } from "./gateway.fixture.ts";
import { ScriptedServer, toolText } from "./scripted-upstream.fixture.ts";

const INITIALIZE = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}';
const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
const JSON_BODY = { "content-type": "application/json" };

let gateway: TestGateway;
let other: string;

beforeAll(async () => {
  const tools = (name: string) => new ScriptedServer({ lists: { tools: [toolText(name)] } });
  gateway = await openGateway({
    servers: { one: tools("a"), two: tools("b"), secret: tools("c"), off: tools("d") },
    projects: { demo: ["one", "two", "off"], other: ["secret"] },
    disabled: ["off"],
  });
  other = gateway.control.issue("other");
});

afterAll(() => gateway[Symbol.asyncDispose]());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Status, and the code of a transport refusal, whose body must have exactly its three keys and the trace id of its header. */
async function refusal(response: Response) {
  const body = (await response.json()) as { error: { code: unknown; message: string; trace_id: unknown } };
  expect(Object.keys(body)).toEqual(["error"]);
  expect(Object.keys(body.error)).toEqual(["code", "message", "trace_id"]);
  expect(body.error.trace_id).toBe(response.headers.get("x-trace-id"));
  expect(response.headers.get("content-type")).toStartWith("application/json");
  return { status: response.status, code: body.error.code, message: body.error.message };
}

/** Status, JSON-RPC code and id of a refusal whose body is JSON-RPC. */
async function rpcRefusal(response: Response) {
  const body = (await response.json()) as { jsonrpc: string; id: unknown; error: { code: number; message: string } };
  expect(body.jsonrpc).toBe("2.0");
  return { status: response.status, rpc: body.error.code, id: body.id };
}

function post(path: string, headers: Readonly<Record<string, string>>, body: RequestInit["body"] = INITIALIZE): Promise<Response> {
  return gateway.fetch(path, { method: "POST", headers, body: body ?? null });
}

test("of all that is wrong with a request, what comes first in the life of a request is said", async () => {
  const evil = { host: "evil.example" };
  const huge = `{${" ".repeat(256 * 1024)}`;
  const session = { "mcp-session-id": "unknown" };
  const ask = async (method: string, path: string, headers: Record<string, string>, body: string | null) => {
    const response = await gateway.fetch(path, { method, headers, body });
    const { error } = (await response.json()) as { error: { code: unknown } };
    return [response.status, error.code];
  };
  expect(await ask("PUT", "/nowhere", evil, huge)).toEqual([404, "not_found"]);
  expect(await ask("PUT", "/projects/demo/mcp", evil, huge)).toEqual([405, "method_not_allowed"]);
  expect(await ask("POST", "/projects/demo/mcp", evil, huge)).toEqual([403, "origin_denied"]);
  expect(await ask("POST", "/projects/demo/mcp", {}, huge)).toEqual([401, "unauthenticated"]);
  expect(await ask("POST", "/projects/demo/mcp", bearer(other), huge)).toEqual([403, "forbidden"]);
  expect(await ask("POST", "/projects/demo/mcp", bearer(gateway.token), huge)).toEqual([415, "unsupported_media_type"]);
  const json = { ...bearer(gateway.token), ...JSON_BODY, ...session };
  expect(await ask("POST", "/projects/demo/mcp", json, huge)).toEqual([413, "payload_too_large"]);
  expect(await ask("POST", "/projects/demo/mcp", json, "{")).toEqual([400, -32700]);
  expect(await ask("POST", "/projects/demo/mcp", json, LIST)).toEqual([404, -32001]);
});

describe("credentials", () => {
  test("a request without a token is 401 and says which kind of token is wanted", async () => {
    for (const path of ["/projects/demo/mcp", "/projects/nowhere/mcp", "/mcp", "/api/v1/mcp/one"]) {
      const response = await post(path, JSON_BODY);
      expect(response.headers.get("www-authenticate")).toStartWith("Bearer");
      expect(await refusal(response)).toEqual({
        status: 401,
        code: "unauthenticated",
        message: expect.stringMatching(/^Bearer token required/),
      });
    }
  });

  test("a malformed token is 401 and the message starts with Invalid token", async () => {
    const malformed = [
      "Bearer",
      "Bearer ",
      "Bearer a b",
      "Basic dXNlcjpwYXNz",
      "Bearer mcpctl_pat_short",
      "Bearer not-ours",
      "mcpctl_pat_",
    ];
    for (const authorization of [...malformed, `Bearer ${"x".repeat(10_000)}`]) {
      const response = await post("/projects/demo/mcp", { ...JSON_BODY, authorization });
      expect(response.headers.get("www-authenticate")).toStartWith("Bearer");
      expect(await refusal(response)).toEqual({
        status: 401,
        code: "unauthenticated",
        message: expect.stringMatching(/^Invalid token: /),
      });
    }
  });

  test("a malformed token is refused without a question to the control plane", async () => {
    const before = gateway.control.asked.length;
    await post("/projects/demo/mcp", { ...JSON_BODY, authorization: "Bearer mcpctl_pat_short" });
    expect(gateway.control.asked.length).toBe(before);
  });

  test("an unknown token is 401", async () => {
    const response = await post("/projects/demo/mcp", { ...JSON_BODY, ...bearer(generateCredential("token")) });
    expect(await refusal(response)).toMatchObject({ status: 401, message: expect.stringMatching(/^Invalid token: /) });
  });

  test("a token is 401 from the moment it expires, also where its grant is cached", async () => {
    await using own = await openGateway();
    const token = own.control.issue("demo", { expiresAt: new Date(own.time.ms + 1000) });
    const client = own.client({ token });
    expect((await client.post(INITIALIZE)).status).toBe(200);
    own.time.ms += 1000;
    expect(await refusal(await client.post(INITIALIZE))).toMatchObject({ status: 401, code: "unauthenticated" });
  });

  test("identity comes from the Authorization header alone", async () => {
    const elsewhere = { "x-api-key": gateway.token, cookie: `token=${gateway.token}`, "proxy-authorization": `Bearer ${gateway.token}` };
    expect((await post(`/projects/demo/mcp?token=${gateway.token}`, { ...JSON_BODY, ...elsewhere })).status).toBe(401);
  });

  test("while the control plane is down a new token is 503 with Retry-After and a cached one works until its time is up", async () => {
    await using own = await openGateway();
    const known = own.client();
    expect((await known.post(INITIALIZE)).status).toBe(200);
    own.control.down = true;
    expect((await known.post(INITIALIZE)).status).toBe(200);
    const unknown = await own.client({ token: own.control.issue("demo") }).post(INITIALIZE);
    expect(unknown.headers.get("retry-after")).toBe("1");
    expect(await refusal(unknown)).toMatchObject({ status: 503, code: "auth_unavailable" });
    own.time.ms += 30_000;
    expect((await known.post(INITIALIZE)).status).toBe(503);
    own.control.down = false;
    expect((await known.post(INITIALIZE)).status).toBe(200);
  });
});

describe("projects and servers", () => {
  test("another project's token is 403, and cannot tell a project that exists from one that does not", async () => {
    const existing = await refusal(await post("/projects/demo/mcp", { ...JSON_BODY, ...bearer(other) }));
    const missing = await refusal(await post("/projects/nowhere/mcp", { ...JSON_BODY, ...bearer(other) }));
    expect(existing).toMatchObject({ status: 403, code: "forbidden" });
    expect(missing).toEqual(existing);
  });

  test("an unknown project is 404 to the installation itself, which may know", async () => {
    const response = await post("/projects/nowhere/mcp", { ...JSON_BODY, ...bearer(gateway.operatorKey) });
    expect(await refusal(response)).toMatchObject({ status: 404, code: "not_found" });
  });

  test("on /mcp the project is the token's own, and a credential without one is 403", async () => {
    const client = await initialized(gateway, { path: "/mcp", token: other });
    expect(await client.toolNames()).toEqual(["secret__c"]);
    const response = await post("/mcp", { ...JSON_BODY, ...bearer(gateway.operatorKey) });
    expect(await refusal(response)).toMatchObject({ status: 403, code: "forbidden" });
  });

  test("a server that the token's project has not is 404 like one that does not exist", async () => {
    const ask = async (server: string) => refusal(await post(`/api/v1/mcp/${server}`, { ...JSON_BODY, ...bearer(gateway.token) }));
    const missing = await ask("nowhere");
    expect(missing).toMatchObject({ status: 404, code: "server_not_found" });
    for (const hidden of ["secret", "off"]) {
      const answer = await ask(hidden);
      expect({ ...answer, message: answer.message.replace(hidden, "nowhere") }).toEqual(missing);
    }
  });

  test("the installation itself reaches every enabled server", async () => {
    const client = await initialized(gateway, { path: "/api/v1/mcp/secret", token: gateway.operatorKey });
    expect(await client.toolNames()).toEqual(["c"]);
    expect((await post("/api/v1/mcp/off", { ...JSON_BODY, ...bearer(gateway.operatorKey) })).status).toBe(404);
  });
});

describe("methods, types and sizes", () => {
  test("a wrong method is 405 with Allow on every route, before the credential is asked for", async () => {
    const wrong = [
      ["PUT", "/projects/demo/mcp", "POST, GET, DELETE"],
      ["PATCH", "/mcp", "POST, GET, DELETE"],
      ["OPTIONS", "/mcp", "POST, GET, DELETE"],
      ["GET", "/api/v1/mcp/one", "POST, DELETE"],
      ["HEAD", "/api/v1/mcp/one", "POST, DELETE"],
      ["POST", "/healthz", "GET, HEAD"],
    ] as const;
    for (const [method, path, allow] of wrong) {
      const response = await gateway.fetch(path, { method });
      expect(response.headers.get("allow")).toBe(allow);
      expect(await refusal(response)).toMatchObject({ status: 405, code: "method_not_allowed" });
    }
  });

  test("a path that is no route is 404", async () => {
    expect(await refusal(await post("/projects/demo/mcp/x", { ...JSON_BODY, ...bearer(gateway.token) }))).toMatchObject({
      status: 404,
      code: "not_found",
    });
  });

  test("a body that is not JSON by its Content-Type is 415", async () => {
    const headers: Record<string, string>[] = [
      {},
      { "content-type": "" },
      { "content-type": "text/plain" },
      { "content-type": "application/json-patch+json" },
      { "content-type": "application/x-www-form-urlencoded" },
    ];
    for (const header of headers) {
      // A stream, since a text would bring a type of its own.
      const response = await post("/projects/demo/mcp", { ...header, ...bearer(gateway.token) }, new Blob([INITIALIZE]).stream());
      expect(await refusal(response)).toMatchObject({ status: 415, code: "unsupported_media_type" });
    }
  });

  test("application/json may have parameters and any case", async () => {
    for (const type of ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=utf-8"]) {
      expect((await post("/projects/demo/mcp", { "content-type": type, ...bearer(gateway.token) })).status).toBe(200);
    }
  });

  test("whatever a client accepts, one message is answered as JSON", async () => {
    for (const accept of [undefined, "*/*", "application/json", "application/json, text/event-stream", "text/html"]) {
      const headers = { ...JSON_BODY, ...bearer(gateway.token), ...(accept === undefined ? {} : { accept }) };
      const response = await post("/projects/demo/mcp", headers);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/json");
    }
  });

  test("a body over the cap is 413 by its Content-Length, before it is read", async () => {
    let pulled = 0;
    const pull = () => {
      pulled += 1;
    };
    const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
    const headers = { ...JSON_BODY, ...bearer(gateway.token), "content-length": String(256 * 1024 + 1) };
    expect(await refusal(await post("/projects/demo/mcp", headers, body))).toMatchObject({ status: 413, code: "payload_too_large" });
    expect(pulled).toBe(0);
  });

  test("a body over the cap is 413 where it comes in pieces without a length, and is not read to its end", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(64 * 1024).fill(32));
        },
      },
      { highWaterMark: 0 },
    );
    const response = await post("/projects/demo/mcp", { ...JSON_BODY, ...bearer(gateway.token) }, body);
    expect(await refusal(response)).toMatchObject({ status: 413, code: "payload_too_large" });
    expect(pulled).toBeLessThanOrEqual(6);
  });

  test("a body of exactly the cap is taken", async () => {
    const whole = INITIALIZE + " ".repeat(256 * 1024 - INITIALIZE.length);
    const headers = { ...JSON_BODY, ...bearer(gateway.token) };
    expect((await post("/projects/demo/mcp", headers, whole)).status).toBe(200);
    expect((await post("/projects/demo/mcp", headers, `${whole} `)).status).toBe(413);
  });

  test("the cap is a setting", async () => {
    await using small = await openGateway({ settings: { maxBodyBytes: 100 } });
    expect((await small.client().post(LIST.padEnd(101))).status).toBe(413);
    expect((await small.client().post(LIST.padEnd(100))).status).toBe(400);
  });
});

describe("envelopes", () => {
  const send = async (body: RequestInit["body"]) =>
    rpcRefusal(await post("/projects/demo/mcp", { ...JSON_BODY, ...bearer(gateway.token) }, body));

  test("broken JSON is 400 with -32700 and no id", async () => {
    for (const body of ["", "{", "nonsense", '{"jsonrpc":"2.0","id":7,"method":"ping"', "[".repeat(100), "\u{feff}["]) {
      expect(await send(body)).toEqual({ status: 400, rpc: -32700, id: null });
    }
  });

  test("a bad envelope is 400 with -32600", async () => {
    const bodies = [
      "1",
      "null",
      '"text"',
      "{}",
      "[]",
      '{"id":1,"method":"ping"}',
      '{"jsonrpc":"1.0","id":1,"method":"ping"}',
      '{"jsonrpc":"2.0","id":null,"method":"ping"}',
      '{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
      '{"jsonrpc":"2.0","id":{},"method":"ping"}',
      '{"jsonrpc":"2.0","id":1,"method":7}',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}',
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}',
      '{"jsonrpc":"2.0","id":1}',
    ];
    for (const body of bodies) expect(await send(body)).toEqual({ status: 400, rpc: -32600, id: null });
  });

  test("initialize opens a session whatever modern headers or metadata come with it", async () => {
    const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2026-07-28", _meta: meta } });
    const response = await post(
      "/projects/demo/mcp",
      { ...JSON_BODY, ...bearer(gateway.token), "mcp-protocol-version": "2026-07-28" },
      body,
    );
    expect(response.status).toBe(200);
    expect(((await response.json()) as { result: { protocolVersion: string } }).result.protocolVersion).toBe("2025-11-25");
  });
});

describe("sessions that a request names", () => {
  test("a request without a session is 400 on every method", async () => {
    const client = gateway.client();
    expect(await rpcRefusal(await client.post(LIST))).toEqual({ status: 400, rpc: -32000, id: 1 });
    expect(await rpcRefusal(await client.get())).toEqual({ status: 400, rpc: -32000, id: null });
    expect(await rpcRefusal(await client.end())).toEqual({ status: 400, rpc: -32000, id: null });
    expect((await client.notify("notifications/initialized", {})).status).toBe(400);
  });

  test("an unknown session is 404 on every method", async () => {
    const client = gateway.client();
    for (const id of ["unknown", "", "A".repeat(2000), crypto.randomUUID()]) {
      client.sessionId = id;
      expect(await rpcRefusal(await client.post(LIST))).toEqual({ status: 404, rpc: -32001, id: 1 });
      expect((await client.get()).status).toBe(404);
      expect((await client.end()).status).toBe(404);
    }
  });

  test("another principal's session is 404, of the same project too", async () => {
    const mine = await initialized(gateway);
    const theirs = gateway.client({ token: gateway.control.issue("demo") });
    theirs.sessionId = mine.sessionId;
    expect(await rpcRefusal(await theirs.post(LIST))).toEqual({ status: 404, rpc: -32001, id: 1 });
    expect((await theirs.get()).status).toBe(404);
    expect((await theirs.end()).status).toBe(404);
    expect((await mine.post(LIST)).status).toBe(200);
  });

  test("another route's session is 404, and one of the same project by its other route is not", async () => {
    const project = await initialized(gateway);
    const use = async (path: string, sessionId: string | undefined) => {
      const client = gateway.client({ path });
      client.sessionId = sessionId;
      return (await client.post(LIST)).status;
    };
    expect(await use("/api/v1/mcp/one", project.sessionId)).toBe(404);
    expect(await use("/mcp", project.sessionId)).toBe(200);
    const server = await initialized(gateway, { path: "/api/v1/mcp/one" });
    expect(await use("/projects/demo/mcp", server.sessionId)).toBe(404);
    expect(await use("/api/v1/mcp/two", server.sessionId)).toBe(404);
  });

  test("an unknown protocol version in the header is 400, every legacy one is taken", async () => {
    const client = await initialized(gateway);
    const modern = await client.post(LIST, { headers: { "mcp-protocol-version": "2026-07-28" } });
    expect(await rpcRefusal(modern)).toEqual({ status: 400, rpc: -32602, id: 1 });
    for (const version of ["1999-01-01", "", "latest"]) {
      const response = await client.post(LIST, { headers: { "mcp-protocol-version": version } });
      expect(await rpcRefusal(response)).toEqual({ status: 400, rpc: -32000, id: 1 });
    }
    for (const version of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
      expect((await client.post(LIST, { headers: { "mcp-protocol-version": version } })).status).toBe(200);
    }
  });

  test("a posted response that nobody asked for is 400", async () => {
    const client = await initialized(gateway);
    expect(await rpcRefusal(await client.post('{"jsonrpc":"2.0","id":9,"result":{}}'))).toEqual({ status: 400, rpc: -32600, id: 9 });
  });

  test("a notification is 202 without a body, known or not", async () => {
    const client = await initialized(gateway);
    for (const method of ["notifications/initialized", "notifications/cancelled", "notifications/of/our/own"]) {
      const response = await client.notify(method, {});
      expect({ status: response.status, body: await response.text() }).toEqual({ status: 202, body: "" });
    }
  });

  test("what a client asks wrongly is answered in band: an unknown tool -32602, an unknown method -32601", async () => {
    const client = await initialized(gateway);
    for (const name of ["one__nothing", "nowhere__a", "secret__c", "off__d", "a", ""]) {
      const response = await client.send("tools/call", { name });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ error: { code: -32602 } });
    }
    const admin = await initialized(gateway, { token: gateway.control.issue("demo", { scopes: ["mcp:read", "mcp:call", "mcp:admin"] }) });
    for (const method of ["tools/nothing", "initialized", "", "toString", "__proto__"]) {
      expect(await admin.request(method)).toMatchObject({ error: { code: -32601 } });
    }
    for (const params of [undefined, {}, { name: 7 }, { name: null }]) {
      expect(await client.request("tools/call", params)).toMatchObject({ error: { code: -32602 } });
    }
    expect(await client.request("tools/list", { cursor: "x" })).toMatchObject({ error: { code: -32602 } });
    expect(await client.request("ping")).toMatchObject({ result: {} });
  });
});

describe("batches", () => {
  const call = (id: unknown, name: string) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name } });
  const note = { jsonrpc: "2.0", method: "notifications/initialized" };
  const open = async (revision: string): Promise<TestClient> => {
    const client = gateway.client();
    await client.initialize(revision);
    return client;
  };

  test.each(["2025-11-25", "2025-06-18", "2024-11-05"])("revision %s has no batches: 400 with -32600", async (revision) => {
    const client = await open(revision);
    const response = await client.post(JSON.stringify([call(1, "one__a")]));
    expect(await rpcRefusal(response)).toEqual({ status: 400, rpc: -32600, id: null });
  });

  test("revision 2025-03-26 carries each message of a batch out and answers them together", async () => {
    const client = await open("2025-03-26");
    const items = [call(1, "one__a"), note, call("two", "two__b"), { jsonrpc: "2.0" }, call(3, "one__nothing")];
    const response = await client.post(JSON.stringify(items));
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual([
      { jsonrpc: "2.0", id: 1, result: { asked: "tools/call", params: '{"name":"a"}' } },
      { jsonrpc: "2.0", id: "two", result: { asked: "tools/call", params: '{"name":"b"}' } },
      { jsonrpc: "2.0", id: null, error: { code: -32600, message: expect.any(String) } },
      { jsonrpc: "2.0", id: 3, error: { code: -32602, message: expect.stringContaining("one__nothing") } },
    ]);
  });

  test("an id that stands twice in a batch is refused as it would be alone, with -32600", async () => {
    const client = await open("2025-03-26");
    const answers = (await (await client.post(JSON.stringify([call(1, "one__a"), call(1, "one__a")]))).json()) as object[];
    expect(answers).toMatchObject([
      { id: 1, result: {} },
      { id: 1, error: { code: -32600 } },
    ]);
  });

  test("a batch of notifications alone is 202", async () => {
    const client = await open("2025-03-26");
    expect((await client.post(JSON.stringify([note, note]))).status).toBe(202);
  });

  test("initialize is not carried out in a batch", async () => {
    const client = await open("2025-03-26");
    const response = await client.post(`[${INITIALIZE}]`);
    expect(response.headers.get("mcp-session-id")).toBeNull();
    expect(await response.json()).toMatchObject([{ id: 1, error: { code: -32601 } }]);
  });

  test("a batch of more than fifty messages is refused whole, and one that is empty too", async () => {
    const client = await open("2025-03-26");
    const many = Array.from({ length: 51 }, (_, id) => call(id, "one__a"));
    expect(await rpcRefusal(await client.post(JSON.stringify(many)))).toEqual({ status: 400, rpc: -32600, id: null });
    expect((await (await client.post(JSON.stringify(many.slice(1)))).json()) as unknown[]).toHaveLength(50);
    expect(await rpcRefusal(await client.post("[]"))).toEqual({ status: 400, rpc: -32600, id: null });
  });

  test("a batch without a session is 400", async () => {
    expect(await rpcRefusal(await gateway.client().post(`[${LIST}]`))).toEqual({ status: 400, rpc: -32000, id: null });
  });
});

describe("the edge", () => {
  test("a foreign Host or Origin is 403, before the credential is looked at", async () => {
    const foreign = [
      { host: "evil.example" },
      { host: "evil.example:3200" },
      { host: "127.0.0.1.evil.example" },
      { host: "" },
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: "http://localhost.evil.example" },
    ];
    for (const headers of foreign) {
      expect(await refusal(await post("/projects/demo/mcp", { ...JSON_BODY, ...headers }))).toMatchObject({
        status: 403,
        code: "origin_denied",
      });
      expect((await post("/projects/demo/mcp", { ...JSON_BODY, ...bearer(gateway.token), ...headers })).status).toBe(403);
    }
  });

  test("loopback by any of its names is no foreign host", async () => {
    for (const host of ["localhost", "LOCALHOST:3200", "127.0.0.1:1", "[::1]:3200"]) {
      const headers = { ...JSON_BODY, ...bearer(gateway.token), host, origin: `http://${host}` };
      expect((await post("/projects/demo/mcp", headers)).status).toBe(200);
    }
  });

  test("health routes answer anyone, from any host, without a token", async () => {
    for (const path of ["/", "/health", "/healthz", "/readyz"]) {
      const response = await gateway.fetch(path, { headers: { host: "10.0.0.7:3200", origin: "http://evil.example" } });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ status: "ok" });
    }
  });

  test("/readyz is 503 when the gateway has closed, /healthz is not", async () => {
    const own = await openGateway();
    await own.gateway.close();
    expect((await own.fetch("/readyz")).status).toBe(503);
    expect((await own.fetch("/healthz")).status).toBe(200);
  });
});

describe("the trace id", () => {
  const TRACE = "0af7651916cd43dd8448eb211c80319c";

  test("every kind of response carries one", async () => {
    const client = await initialized(gateway);
    const responses = [
      await gateway.fetch("/healthz"),
      await gateway.fetch("/nowhere"),
      await post("/projects/demo/mcp", JSON_BODY),
      await client.post("{"),
      await client.send("ping"),
      await client.notify("notifications/initialized", {}),
      await client.get(),
      await client.end(),
    ];
    expect(responses.map(({ status }) => status)).toEqual([200, 404, 401, 400, 200, 202, 200, 204]);
    const ids = responses.map(({ headers }) => headers.get("x-trace-id"));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("W3C traceparent is honoured, then X-Trace-Id, and a refusal's body repeats it", async () => {
    const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
    const both = await post("/projects/demo/mcp", { ...JSON_BODY, traceparent, "x-trace-id": "from-the-caller" });
    expect(both.headers.get("x-trace-id")).toBe(TRACE);
    expect(await both.json()).toMatchObject({ error: { trace_id: TRACE } });
    const own = await post("/projects/demo/mcp", { ...JSON_BODY, "x-trace-id": "from-the-caller" });
    expect(own.headers.get("x-trace-id")).toBe("from-the-caller");
  });
});
