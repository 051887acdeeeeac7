/** Limits of size, depth and number, through the gateway. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { initialized, openGateway, readEvents, type TestClient } from "../gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY, type LimitPolicy } from "../policy/gateway-policy.ts";
import { type Answering, ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";
import { withLength } from "../upstream/declared-length.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";

const calling = (answer: Answering) => new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": answer } });
const echo = () => calling(({ idText }) => resultMessage(idText, "{}"));
const limits = (own: Partial<LimitPolicy>) => ({ limits: { ...DEFAULT_GATEWAY_POLICY.limits, ...own } });
const CALL = { name: "one__a" };

async function verdict(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error?: { code: unknown } };
  return error === undefined ? String(response.status) : `${response.status} ${String(error.code)}`;
}

const send = async (client: TestClient, params: unknown) => verdict(await client.send("tools/call", params));

describe("the body of a request", () => {
  const params = (name: string, bytes: number) => ({ name, arguments: { text: "x".repeat(bytes) } });

  test("over the installation's limit is 413, on each route", async () => {
    await using gateway = await openGateway({ servers: { one: echo() }, settings: { maxBodyBytes: 2048 } });
    for (const [path, name] of [
      ["/projects/demo/mcp", "one__a"],
      ["/api/v1/mcp/one", "a"],
      ["/emcp/one", "a"],
    ] as const) {
      const client = await initialized(gateway, { path });
      expect(await send(client, params(name, 100))).toBe("200");
      expect(await send(client, params(name, 3000))).toBe("413 payload_too_large");
    }
  });

  test("may be larger, or must be smaller, where its server says so", async () => {
    const servers = { one: echo(), two: echo() };
    const policies = { one: { maxPayloadBytes: 8192 }, two: { maxPayloadBytes: 1024 } };
    await using gateway = await openGateway({ servers, policies, settings: { maxBodyBytes: 2048 } });
    const client = await initialized(gateway);
    expect(await send(client, params("one__a", 6000))).toBe("200");
    expect(await send(client, params("one__a", 9000))).toBe("413 payload_too_large");
    expect(await send(client, params("two__a", 500))).toBe("200");
    expect(await send(client, params("two__a", 1500))).toBe("413 payload_too_large");
    expect(await send(await initialized(gateway, { path: "/api/v1/mcp/one" }), params("a", 6000))).toBe("200");
    expect(await send(await initialized(gateway, { path: "/api/v1/mcp/two" }), params("a", 1500))).toBe("413 payload_too_large");
  });
});

test("JSON that nests deeper than the limit is 400 with -32600 before anything is made of it", async () => {
  const one = echo();
  await using gateway = await openGateway({ servers: { one }, policy: limits({ maxDepth: 16 }) });
  const client = await initialized(gateway);
  const nested = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
  // The message, its params and their arguments are three levels.
  expect(await send(client, { ...CALL, arguments: { deep: nested(13) } })).toBe("200");
  expect(await send(client, { ...CALL, arguments: { deep: nested(14) } })).toBe("400 -32600");
  expect(await verdict(await client.post("[".repeat(100_000)))).toBe("400 -32600");
  expect(await send(client, { ...CALL, arguments: { text: "[{".repeat(1000) } })).toBe("200");
  expect(one.of("tools/call")).toHaveLength(2);
});

test("headers over the limit are 431, on every path", async () => {
  await using gateway = await openGateway({ servers: { one: echo() }, policy: limits({ maxHeaderBytes: 2048 }) });
  const client = await initialized(gateway);
  expect((await client.send("ping", undefined, { headers: { "x-a": "a".repeat(500) } })).status).toBe(200);
  expect(await verdict(await client.send("ping", undefined, { headers: { "x-a": "a".repeat(2048) } }))).toBe("431 headers_too_large");
  expect((await gateway.fetch("/healthz", { headers: { "x-a": "a".repeat(2048) } })).status).toBe(431);
});

describe("an answer", () => {
  const bytes = (answer: string) => new TextEncoder().encode(answer);
  const streamed = (answer: string, declared: boolean) => {
    const parts = [bytes(answer.slice(0, 10)), bytes(answer.slice(10))];
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const part = parts.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(part);
      },
    });
    return withLength(stream, declared ? Buffer.byteLength(answer) : undefined);
  };
  const FORMS: readonly (readonly [string, (answer: string) => ReturnType<Answering>])[] = [
    ["text", (answer) => answer],
    ["bytes", bytes],
    ["a stream of a length that is known", (answer) => streamed(answer, true)],
  ];
  const big = ({ idText }: UpstreamCall) => resultMessage(idText, JSON.stringify({ content: [{ type: "text", text: "é".repeat(1000) }] }));

  test.each(FORMS)("with more bytes than the limit is 413 result_too_large, as %s", async (_, form) => {
    const one = calling((call) => form(big(call)));
    await using gateway = await openGateway({ servers: { one }, policy: limits({ maxResultBytes: 1500 }) });
    expect(await send(await initialized(gateway), CALL)).toBe("413 result_too_large");
    await using roomy = await openGateway({
      servers: { one: calling((call) => form(big(call))) },
      policy: limits({ maxResultBytes: 2500 }),
    });
    expect(await send(await initialized(roomy), CALL)).toBe("200");
  });

  test("that comes as a stream of unknown length breaks off at the limit, so that nobody takes it for whole", async () => {
    const one = calling((call) => streamed(big(call), false));
    await using gateway = await openGateway({ servers: { one }, policy: limits({ maxResultBytes: 1500 }) });
    const response = await (await initialized(gateway)).send("tools/call", CALL);
    await expect(response.text()).rejects.toThrow("more than 1500 bytes");
  });

  test.each(FORMS)("with a longer list than the limit is 413, as %s", async (_, form) => {
    const items = (count: number) => Array.from({ length: count }, (_each, at) => ({ type: "text", text: String(at) }));
    const one = calling(({ idText, paramsText }) =>
      form(resultMessage(idText, JSON.stringify({ content: items(JSON.parse(paramsText ?? "").arguments.count) }))),
    );
    await using gateway = await openGateway({ servers: { one }, policy: limits({ maxResultItems: 5 }) });
    const client = await initialized(gateway);
    expect(await send(client, { ...CALL, arguments: { count: 5 } })).toBe("200");
    expect(await send(client, { ...CALL, arguments: { count: 6 } })).toBe("413 result_too_large");
  });

  test("has the limits that its server gives it", async () => {
    const policies = { one: { maxResultBytes: 1500 }, two: { maxResultItems: 1 } };
    const two = calling(({ idText }) => resultMessage(idText, '{"contents":[{"uri":"a"},{"uri":"b"}]}'));
    await using gateway = await openGateway({ servers: { one: calling(big), two }, policies });
    const client = await initialized(gateway);
    expect(await send(client, CALL)).toBe("413 result_too_large");
    expect(await send(client, { name: "two__a" })).toBe("413 result_too_large");
  });

  test("that is too large for a stream which has begun is told so on it", async () => {
    const one = calling((call) => {
      call.onNotification?.('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1}}');
      return big(call);
    });
    await using gateway = await openGateway({ servers: { one }, policy: limits({ maxResultBytes: 1500 }) });
    const events = readEvents(
      await (await initialized(gateway)).send("tools/call", CALL, { accept: "application/json, text/event-stream", id: 4 }),
    );
    expect(await events.next()).toMatchObject({ method: "notifications/progress" });
    expect(await events.next()).toMatchObject({ id: 4, error: { message: expect.stringContaining("1500 bytes") } });
  });
});

describe("calls in flight", () => {
  const waiting = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = calling(async ({ idText }) => {
      await promise;
      return resultMessage(idText, "{}");
    });
    return { server, answer: resolve };
  };

  test("of one caller are no more than may be; the next is 429, another caller is not hindered, and afterwards there is room", async () => {
    const { server, answer } = waiting();
    await using gateway = await openGateway({ servers: { one: server }, policy: limits({ maxConcurrentCallsPerIdentity: 2 }) });
    const [client, other] = [await initialized(gateway), await initialized(gateway, { token: gateway.control.issue("demo") })];
    const calls = [client.send("tools/call", CALL), client.send("tools/call", CALL)];
    while (server.of("tools/call").length < 2) await Bun.sleep(0);
    const refused = await client.send("tools/call", CALL);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    calls.push(other.send("tools/call", CALL));
    while (server.of("tools/call").length < 3) await Bun.sleep(0);
    answer();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await send(client, CALL)).toBe("200");
    expect(gateway.gateway.pipeline.atOnce.now).toBe(0);
  });

  test("of all callers are no more than may be, and what fails or is refused leaves its place", async () => {
    const { server, answer } = waiting();
    await using gateway = await openGateway({
      servers: { one: server, two: echo().die("gone") },
      policy: limits({ maxConcurrentCalls: 1 }),
    });
    const client = await initialized(gateway);
    for (let times = 0; times < 3; times += 1) expect((await client.send("tools/call", { name: "two__a" })).status).toBe(503);
    const call = client.send("tools/call", CALL);
    while (server.of("tools/call").length < 1) await Bun.sleep(0);
    expect(await send(await initialized(gateway, { token: gateway.control.issue("demo") }), CALL)).toBe("429 rate_limited");
    answer();
    expect((await call).status).toBe(200);
  });
});
