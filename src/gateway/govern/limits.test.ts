/** Limits of size, depth and number, through the gateway. */
import { describe, expect, test } from "bun:test";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { initialized, openGateway, type TestClient } from "../gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY, type LimitPolicy } from "../policy/gateway-policy.ts";
import { type Answering, ScriptedServer, toolText } from "../scripted-upstream.fixture.ts";

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
