/** The same for modern requests, which stand for themselves: calls that go on over several of them, and streams of changes. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { type ModernSendOptions, type ModernTestClient, openGateway, type Reply, readEvents } from "../gateway.fixture.ts";
import { LinkPair } from "../link/link-pair.fixture.ts";
import { ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import { openTraced } from "./traced-gateway.fixture.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;
const OTHER_TRACE = "c".repeat(32);
const OTHER = `00-${OTHER_TRACE}-${"d".repeat(16)}-01`;
const SAID = { traceparent: PARENT, tracestate: "v=1", baggage: "b=1" };

const tools = () => new ScriptedServer({ lists: { tools: [toolText("a")] }, modern: true });
const lastCall = (server: ScriptedServer) => server.of("tools/call").at(-1);
const metaOf = (call: UpstreamCall | undefined) => JSON.parse(call?.paramsText ?? "{}")._meta;
const callA = (client: ModernTestClient, options: ModernSendOptions = {}) => client.send("tools/call", { name: "one__a" }, options);

describe("where nothing is traced", () => {
  test("the context in _meta is the request's trace, and goes on in headers and byte for byte in _meta", async () => {
    const one = tools();
    await using gateway = await openGateway({ servers: { one } });
    const response = await callA(gateway.modern(), { meta: SAID });
    expect(response.headers.get("x-trace-id")).toBe(TRACE);
    expect(gateway.control.audited.at(-1)?.traceId).toBe(TRACE);
    expect(lastCall(one)?.trace).toEqual({ propagated: SAID, span: undefined });
    expect(metaOf(lastCall(one))).toMatchObject(SAID);
  });

  test("that of the headers goes before, and is put into no message", async () => {
    const one = tools();
    await using gateway = await openGateway({ servers: { one } });
    const client = gateway.modern();
    const both = await callA(client, { meta: { traceparent: OTHER }, headers: { traceparent: PARENT } });
    expect(both.headers.get("x-trace-id")).toBe(TRACE);
    expect(lastCall(one)?.trace?.propagated.traceparent).toBe(PARENT);
    await callA(client, { headers: { traceparent: PARENT } });
    expect(metaOf(lastCall(one))).not.toHaveProperty("traceparent");
  });

  test("a request that is refused for what it says of itself is known by its trace too", async () => {
    await using gateway = await openGateway({ servers: { one: tools() } });
    const refused = await callA(gateway.modern(), { meta: { traceparent: PARENT }, headers: { "mcp-name": "another" } });
    expect([refused.status, refused.headers.get("x-trace-id")]).toEqual([400, TRACE]);
    expect(gateway.control.audited.at(-1)).toMatchObject({ traceId: TRACE, code: "-32020" });
  });
});

describe("where requests are traced", () => {
  test("a request is a span of the trace in its _meta, its call a span within it; a process is told of that one in _meta", async () => {
    const one = tools();
    const { gateway, spans } = await openTraced(one, { inMeta: true });
    await using _ = gateway;
    const client = gateway.modern();
    const response = await callA(client, { meta: SAID });
    const [inner, outer] = spans;
    expect(spans).toHaveLength(2);
    expect(outer).toMatchObject({ kind: "server", name: "tools/call a", span: { traceId: TRACE, parentSpanId: SPAN } });
    expect(inner).toMatchObject({ kind: "client", name: "tools/call one", span: { parentSpanId: outer?.span.spanId ?? "" } });
    expect([response.headers.get("x-trace-id"), gateway.control.audited.at(-1)?.traceId]).toEqual([TRACE, TRACE]);
    const told = `00-${TRACE}-${inner?.span.spanId}-01`;
    expect(metaOf(lastCall(one))).toMatchObject({ ...SAID, traceparent: told });
    await callA(client);
    expect(metaOf(lastCall(one)).traceparent).toBe(lastCall(one)?.trace?.propagated.traceparent);
    expect(metaOf(lastCall(one)).traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test("a server with headers is told in _meta only where the client said something there", async () => {
    const one = tools();
    const { gateway } = await openTraced(one);
    await using _ = gateway;
    await callA(gateway.modern());
    expect(metaOf(lastCall(one))).not.toHaveProperty("traceparent");
    await callA(gateway.modern(), { meta: { traceparent: PARENT } });
    expect(metaOf(lastCall(one)).traceparent).toBe(lastCall(one)?.trace?.propagated.traceparent);
    expect(metaOf(lastCall(one)).traceparent).not.toBe(PARENT);
  });

  test("a stream of changes is one span, which ends when the stream begins", async () => {
    const one = new ScriptedServer({
      lists: { tools: [toolText("a")] },
      initialized: { capabilities: { tools: { listChanged: true } } },
    });
    const { gateway, spans } = await openTraced(one);
    await using _ = gateway;
    const response = await gateway
      .modern()
      .send("subscriptions/listen", { notifications: { toolsListChanged: true } }, { meta: { traceparent: PARENT } });
    expect(response.headers.get("x-trace-id")).toBe(TRACE);
    const events = readEvents(response);
    await events.next();
    const known = spans.map(({ name, kind, error, span }) => ({ name, kind, error, traceId: span.traceId, parent: span.parentSpanId }));
    expect(known).toEqual([{ name: "subscriptions/listen", kind: "server", error: undefined, traceId: TRACE, parent: SPAN }]);
    await events.cancel();
    await waitUntil(() => gateway.gateway.vitals().streamsOpen.modern === 0);
    expect(spans).toHaveLength(1);
  });
});

describe("a call whose client is asked", () => {
  const PARKING = { parkMs: 60_000, bundleMs: 1, max: 10, maxPerPrincipal: 5 };
  const asking = () =>
    new ScriptedServer({
      lists: { tools: [toolText("a")] },
      answers: {
        "tools/call": async ({ idText, onQuestion }) => {
          await onQuestion?.({ method: "elicitation/create", paramsText: '{"message":"?"}' });
          return resultMessage(idText, '{"resultType":"complete"}');
        },
      },
    });
  const retry = (client: ModernTestClient, { result: { requestState } }: Reply, options: ModernSendOptions = {}) =>
    client.send(
      "tools/call",
      { name: "one__a", requestState, inputResponses: { q1: { action: "accept" } } },
      { capabilities: { elicitation: {} }, ...options },
    );
  const ask = (client: ModernTestClient, options: ModernSendOptions = {}) =>
    callA(client, { capabilities: { elicitation: {} }, ...options });

  test("is one span at its server, though the client has two requests, the later of which is linked to the earlier", async () => {
    const { gateway, spans } = await openTraced(asking(), { settings: { parking: PARKING } });
    await using _ = gateway;
    const client = gateway.modern();
    const first = await ask(client, { meta: { traceparent: PARENT } });
    const second = await retry(client, (await first.json()) as Reply, { meta: { traceparent: OTHER } });
    expect([first, second].map(({ headers }) => headers.get("x-trace-id"))).toEqual([TRACE, OTHER_TRACE]);
    expect(await second.json()).toMatchObject({ result: { resultType: "complete" } });
    const [asked, called, retried] = spans;
    expect(spans.map(({ kind, span }) => [kind, span.traceId])).toEqual([
      ["server", TRACE],
      ["client", TRACE],
      ["server", OTHER_TRACE],
    ]);
    expect(called?.span.parentSpanId).toBe(asked?.span.spanId ?? "");
    expect(spans.map(({ span }) => span.continues)).toEqual([
      undefined,
      undefined,
      { traceId: TRACE, spanId: asked?.span.spanId ?? "", flags: 1 },
    ]);
    expect(retried?.name).toBe("tools/call a");
  });

  test("is linked to the earlier request too where another process holds it, and one that is over", async () => {
    const pair = new LinkPair();
    const names = ["process1", "process2"];
    const link = () => pair.of(names.shift() ?? "process3");
    const { gateway, spans } = await openTraced(asking(), { settings: { parking: PARKING }, link });
    await using _ = gateway;
    await using other = await gateway.restart();
    const state = (await (await ask(gateway.modern())).json()) as Reply;
    for (const outcome of ["ok", "failed"]) {
      await retry(other.modern(), state);
      const first = spans.find(({ kind }) => kind === "server");
      expect(spans.at(-1)).toMatchObject({ kind: "server", attributes: { "mcpctl.outcome": outcome } });
      expect(spans.at(-1)?.span.continues).toMatchObject({ traceId: first?.span.traceId ?? "", spanId: first?.span.spanId ?? "" });
    }
    expect(spans.filter(({ kind }) => kind === "client")).toHaveLength(1);
  });

  test("of another's state nothing is told, not even by which trace it is known", async () => {
    const { gateway, spans } = await openTraced(asking(), { settings: { parking: PARKING } });
    await using _ = gateway;
    const state = (await (await ask(gateway.modern())).json()) as Reply;
    await retry(gateway.modern({ token: gateway.control.issue("demo") }), state);
    expect(spans.at(-1)?.span.continues).toBeUndefined();
  });
});
