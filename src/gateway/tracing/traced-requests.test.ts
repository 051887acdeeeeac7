/** A request's trace through the gateway: what comes in, what the client is told, and what goes on to servers. */
import { describe, expect, test } from "bun:test";
import { initialized, openGateway } from "../gateway.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { upstreamLost } from "../upstream/upstream-errors.ts";
import { openTraced, type TracedSetup } from "./traced-gateway.fixture.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;
const OTHER = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

const tools = () => new ScriptedServer({ lists: { tools: [toolText("a")] } });
const lastCall = (server: ScriptedServer) => server.of("tools/call").at(-1);

describe("where nothing is traced", () => {
  test("the headers' context is the request's trace id, and goes on as it came; the params stay byte for byte", async () => {
    const one = tools();
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const headers = { traceparent: PARENT, tracestate: "v=1", baggage: "user=ann" };
    const response = await client.post('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{ "name":"one__a" , "_meta":{"x" : 1}}}', {
      headers,
    });
    expect(response.headers.get("x-trace-id")).toBe(TRACE);
    expect(gateway.control.audited.at(-1)?.traceId).toBe(TRACE);
    expect(lastCall(one)?.trace).toEqual({ propagated: { traceparent: PARENT, tracestate: "v=1", baggage: "user=ann" }, span: undefined });
    expect(lastCall(one)?.paramsText).toBe('{ "name":"a" , "_meta":{"x" : 1}}');
  });

  test("a message says the same in its _meta, where the headers say nothing; malformed, it says nothing", async () => {
    const one = tools();
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const call = (meta: object, headers = {}) => client.send("tools/call", { name: "one__a", _meta: meta }, { headers });
    expect((await call({ traceparent: PARENT, tracestate: "v=1", baggage: "b=1" })).headers.get("x-trace-id")).toBe(TRACE);
    expect(lastCall(one)?.trace?.propagated).toEqual({ traceparent: PARENT, tracestate: "v=1", baggage: "b=1" });
    expect(gateway.control.audited.at(-1)?.traceId).toBe(TRACE);
    expect((await call({ traceparent: OTHER }, { traceparent: PARENT })).headers.get("x-trace-id")).toBe(TRACE);
    expect((await call({ traceparent: "junk" }, { "x-trace-id": "my-own-trace" })).headers.get("x-trace-id")).toBe("my-own-trace");
    expect(lastCall(one)?.trace).toBeUndefined();
    expect((await call({ traceparent: PARENT, tracestate: "x".repeat(513) })).status).toBe(200);
    expect(lastCall(one)?.trace?.propagated).toEqual({ traceparent: PARENT, tracestate: undefined, baggage: undefined });
  });

  test("who sends nothing has a new trace id, and nothing goes on", async () => {
    const one = tools();
    await using gateway = await openGateway({ servers: { one } });
    const client = await initialized(gateway);
    const response = await client.send("tools/call", { name: "one__a" });
    expect(response.headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(lastCall(one)?.trace).toBeUndefined();
  });
});

/** The same with a client that has a session. */
async function withSession(one: ScriptedServer, setup: TracedSetup = {}) {
  const { gateway, spans } = await openTraced(one, setup);
  const client = await initialized(gateway);
  spans.length = 0;
  return { gateway, client, spans };
}

describe("where requests are traced", () => {
  test("a request is a span of the caller's trace, and its call to a server a span within it, of which the server is told", async () => {
    const one = tools();
    const { gateway, client, spans } = await withSession(one);
    await using _ = gateway;
    const response = await client.send(
      "tools/call",
      { name: "one__a", arguments: { secret: "hush" } },
      { headers: { traceparent: PARENT } },
    );
    expect(response.headers.get("x-trace-id")).toBe(TRACE);
    const [inner, outer] = spans;
    expect(spans).toHaveLength(2);
    expect(outer).toMatchObject({ kind: "server", name: "tools/call a", error: undefined });
    expect(outer?.span).toMatchObject({ traceId: TRACE, parentSpanId: SPAN, flags: 1 });
    expect(outer?.attributes).toEqual({
      "mcp.method.name": "tools/call",
      "gen_ai.tool.name": "a",
      "mcpctl.project": "demo",
      "mcpctl.server": "one",
      "mcpctl.outcome": "ok",
      "enduser.id": "token:tok_1",
      "client.address": "127.0.0.9",
      "http.request.method": "POST",
      "http.response.status_code": 200,
    });
    expect(inner).toMatchObject({ kind: "client", name: "tools/call one", error: undefined });
    expect(inner?.span).toMatchObject({ traceId: TRACE, parentSpanId: outer?.span.spanId ?? "" });
    expect(inner && inner.endMs > inner.startMs).toBe(true);
    const told = lastCall(one)?.trace?.propagated.traceparent;
    expect(told).toBe(`00-${TRACE}-${inner?.span.spanId}-01`);
    expect(lastCall(one)?.paramsText).toBe('{"name":"a","arguments":{"secret":"hush"}}');
    expect(JSON.stringify(spans)).not.toContain("hush");
  });

  test("a server without headers is told in _meta; one with headers only where the caller said something there", async () => {
    const [piped, posted] = [tools(), tools()];
    const pipe = await withSession(piped, { inMeta: true });
    await using _ = pipe.gateway;
    await pipe.client.send("tools/call", { name: "one__a" });
    expect(JSON.parse(lastCall(piped)?.paramsText ?? "")._meta).toEqual({ traceparent: lastCall(piped)?.trace?.propagated.traceparent });
    const post = await withSession(posted);
    await using __ = post.gateway;
    await post.client.send("tools/call", { name: "one__a", _meta: { traceparent: PARENT, progressToken: 7 } });
    const told = lastCall(posted)?.trace?.propagated.traceparent;
    expect(told).not.toBe(PARENT);
    expect(JSON.parse(lastCall(posted)?.paramsText ?? "")._meta).toEqual({ traceparent: told, progressToken: 7 });
    await post.client.send("tools/call", { name: "one__a", _meta: { progressToken: 7 } });
    expect(lastCall(posted)?.paramsText).toBe('{"name":"a","_meta":{"progressToken":7}}');
  });

  test("a trace that is not recorded is passed on as not recorded, and nothing is kept of it", async () => {
    const one = tools();
    const { gateway, client, spans } = await withSession(one, { ratio: 0 });
    await using _ = gateway;
    await client.send("tools/call", { name: "one__a" });
    expect(lastCall(one)?.trace?.propagated.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    await client.send("tools/call", { name: "one__a" }, { headers: { traceparent: PARENT.replace(/01$/, "00") } });
    expect(spans).toEqual([]);
    await client.send("tools/call", { name: "one__a" }, { headers: { traceparent: PARENT } });
    expect(spans).toHaveLength(2);
  });

  test("what the client is told, the audit log and the spans have one trace id", async () => {
    const { gateway, client, spans } = await withSession(tools());
    await using _ = gateway;
    for (const headers of [{}, { traceparent: PARENT }, { "x-trace-id": TRACE }]) {
      spans.length = 0;
      const told = (await client.send("tools/call", { name: "one__a" }, { headers })).headers.get("x-trace-id") ?? "";
      expect(spans.map(({ span }) => span.traceId)).toEqual([told, told]);
      expect(gateway.control.audited.at(-1)?.traceId).toBe(told);
    }
    spans.length = 0;
    await client.send("tools/call", { name: "one__a" }, { headers: { "x-trace-id": "my-own-trace" } });
    expect(spans.at(-1)?.attributes["mcpctl.trace_id"]).toBe("my-own-trace");
  });

  test("what was refused is a span too, also where nothing was read of it; what failed says why", async () => {
    const one = new ScriptedServer({
      lists: { tools: [toolText("a")] },
      answers: {
        "tools/call": () => {
          throw upstreamLost("one", "it exited");
        },
      },
    });
    const { gateway, client, spans } = await withSession(one);
    await using _ = gateway;
    await gateway.fetch("/projects/demo/mcp", { method: "POST", headers: { authorization: "Bearer nobody", traceparent: PARENT } });
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      name: "POST /projects/demo/mcp",
      error: "unauthenticated",
      span: { traceId: TRACE, parentSpanId: SPAN },
    });
    await client.send("tools/call", { name: "one__a" });
    expect(spans.slice(1).map(({ kind, error }) => ({ kind, error }))).toEqual([
      { kind: "client", error: "UPSTREAM_LOST" },
      { kind: "server", error: "UPSTREAM_LOST" },
    ]);
  });

  test("messages of a batch are spans of one trace", async () => {
    const { gateway, spans } = await withSession(tools());
    await using _ = gateway;
    const client = gateway.client();
    await client.initialize("2025-03-26");
    spans.length = 0;
    const call = (id: number, meta: object) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "one__a", _meta: meta } });
    const response = await client.post(JSON.stringify([call(1, {}), call(2, { traceparent: OTHER })]), {
      headers: { traceparent: PARENT },
    });
    expect(response.headers.get("x-trace-id")).toBe(TRACE);
    expect(spans.map(({ span }) => span.traceId)).toEqual([TRACE, TRACE, TRACE, TRACE]);
    expect(new Set(spans.map(({ span }) => span.spanId)).size).toBe(4);
  });
});
