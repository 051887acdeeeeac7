/** The gateway's face against anything at all. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { initialized, openGateway, type TestClient, type TestGateway } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { gatewayHandler } from "./gateway-handler.ts";

let gateway: TestGateway;
let client: TestClient;

beforeAll(async () => {
  const one = new ScriptedServer({ lists: { tools: [toolText("a")], prompts: ['{"name":"p"}'], resources: ['{"uri":"x://1"}'] } });
  gateway = await openGateway({ servers: { one } });
  client = await initialized(gateway);
});

afterAll(() => gateway[Symbol.asyncDispose]());

const word = fc.string({ unit: "grapheme-ascii", maxLength: 20 });
const header = fc.string({ unit: fc.constantFrom(..."abcdefgABC 0189-_./;,=:*"), maxLength: 30 }).map((text) => text.trim());
const path = fc.oneof(
  fc.constantFrom("/projects/demo/mcp", "/mcp", "/sse", "/projects/demo/sse", "/messages", "/projects/demo/messages"),
  fc.constantFrom("/api/v1/mcp/one", "/api/v1/mcp/none", "/projects/none/mcp", "/healthz", "/readyz", "/"),
  fc.webPath(),
);
const method = fc.constantFrom("POST", "POST", "POST", "GET", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD");
const name = fc.oneof(fc.constantFrom("one__a", "one__p", "x://1", "mcpctl+one:x://1", "one__"), word);
const params = fc.record(
  {
    name,
    uri: name,
    cursor: fc.jsonValue({ maxDepth: 1 }),
    ref: fc.oneof(fc.record({ type: fc.constantFrom("ref/prompt", "ref/resource", "x"), name, uri: name }), fc.jsonValue()),
    arguments: fc.jsonValue(),
    requestId: fc.jsonValue({ maxDepth: 1 }),
    _meta: fc.oneof(fc.record({ progressToken: fc.jsonValue({ maxDepth: 1 }) }), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const message = fc.record(
  {
    jsonrpc: fc.constantFrom("2.0", "2.0", "2.0", "1.0"),
    id: fc.oneof(fc.integer(), word, fc.jsonValue({ maxDepth: 1 })),
    method: fc.oneof(
      fc.constantFrom("initialize", "ping", "tools/list", "tools/call", "prompts/get", "resources/read", "completion/complete"),
      fc.constantFrom("resources/templates/list", "notifications/cancelled", "notifications/initialized", "server/discover"),
      word,
    ),
    params: fc.oneof(params, fc.jsonValue()),
    result: fc.jsonValue(),
  },
  { requiredKeys: ["jsonrpc"] },
);
const body = fc.oneof(
  message.map((value) => JSON.stringify(value)),
  fc.array(message, { maxLength: 4 }).map((value) => JSON.stringify(value)),
  fc.string({ unit: "binary", maxLength: 200 }),
);
const requests = fc.record({
  path,
  method,
  body,
  withToken: fc.boolean(),
  withSession: fc.boolean(),
  headers: fc.record(
    {
      authorization: fc.oneof(
        header,
        header.map((text) => `Bearer ${text}`),
      ),
      "content-type": fc.oneof(fc.constantFrom("application/json", "text/plain"), header),
      accept: fc.oneof(fc.constantFrom("text/event-stream, application/json", "*/*"), header),
      host: fc.oneof(fc.constant("localhost:3200"), header),
      origin: fc.oneof(fc.constantFrom("null", "http://localhost"), header),
      "mcp-session-id": header,
      "mcp-protocol-version": fc.oneof(fc.constantFrom("2025-06-18", "2026-07-28"), header),
      "content-length": header,
      traceparent: header,
      "x-trace-id": header,
    },
    { requiredKeys: [] },
  ),
});

test("no request makes the handler throw or fail inside", async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ path, method, body, headers, withToken, withSession }) => {
      const given = {
        "content-type": "application/json",
        ...headers,
        ...(withToken ? { authorization: `Bearer ${client.token}` } : {}),
        ...(withSession ? { "mcp-session-id": client.sessionId ?? "" } : {}),
      };
      const hasBody = method !== "GET" && method !== "HEAD";
      const response = await gateway.fetch(path, { method, headers: given, ...(hasBody ? { body } : {}) });
      if (withSession && withToken && method === "DELETE") client = await initialized(gateway);
      expect(response.status).toBeLessThan(500);
      expect(response.headers.get("x-trace-id")).not.toBeNull();
      const isStream = response.headers.get("content-type") === "text/event-stream";
      if (isStream || method === "HEAD") await response.body?.cancel();
      else if (response.status !== 202 && response.status !== 204) await response.json();
    }),
    { numRuns: 1500 },
  );
  expect(gateway.failures).toEqual([]);
});

test("whatever a request is, each refusal is one audit event with its status and the trace id of its response", async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ path, method, body, headers, withToken }) => {
      gateway.control.audited.length = 0;
      const given = { "content-type": "application/json", ...headers, ...(withToken ? { authorization: `Bearer ${client.token}` } : {}) };
      const hasBody = method !== "GET" && method !== "HEAD";
      const response = await gateway.fetch(path, { method, headers: given, ...(hasBody ? { body } : {}) });
      await response.body?.cancel();
      const events = gateway.control.audited.map(({ status, traceId }) => [status, traceId]);
      const expected = [response.status, response.headers.get("x-trace-id")];
      if (response.status >= 400) expect<unknown>(events).toEqual([expected]);
      else for (const event of events) expect<unknown>(event).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("what fails inside is 500 without a detail, which goes to the log", async () => {
  const failures: unknown[] = [];
  const ready = () => {
    throw new Error("secret detail");
  };
  const handler = gatewayHandler({ ...gateway.gateway.pipeline, ready, onFailure: (error) => failures.push(error.cause) });
  const response = await handler(new Request("http://localhost/readyz", { headers: { "x-trace-id": "trace-of-the-caller" } }));
  expect(response.status).toBe(500);
  const message = expect.not.stringContaining("secret detail");
  expect(await response.json()).toEqual({ error: { code: "internal_error", message, trace_id: "trace-of-the-caller" } });
  expect(failures).toEqual([new Error("secret detail")]);
});
