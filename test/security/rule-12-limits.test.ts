/** Security rule 12: limits on everything. Whoever may call can take what the limits give, and no more. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { initialized, openGateway, type TestClient } from "../../src/gateway/gateway.fixture.ts";
import { DEFAULT_GATEWAY_POLICY, type LimitPolicy } from "../../src/gateway/policy/gateway-policy.ts";
import { PASS } from "../../src/gateway/rate/call-limiter.ts";
import { decidedLimiter } from "../../src/gateway/rate/decided-limiter.ts";
import { ScriptedServer, toolText } from "../../src/gateway/scripted-upstream.fixture.ts";
import { resultMessage } from "../../src/mcp/json-rpc.ts";
import { MCP_PATHS } from "./mcp-routes.ts";

const server = () => new ScriptedServer({ lists: { tools: [toolText("a")] } });

describe("security rule 12: what a request says in place of a text", () => {
  const odd = fc.oneof(
    fc.jsonValue(),
    // Turned into text without care, each of these throws.
    fc.constantFrom({ toString: 1, valueOf: 1 }, { toString: null }, [{ valueOf: {}, toString: {} }]),
  );

  test.each(MCP_PATHS)("never makes $path fail inside", async ({ path }) => {
    await using gateway = await openGateway({ servers: { one: server() } });
    const client = await initialized(gateway, { path });
    const version = "io.modelcontextprotocol/protocolVersion";
    await fc.assert(
      fc.asyncProperty(
        odd,
        fc.constantFrom("tools/call", "prompts/get", "resources/read", "completion/complete"),
        async (value, method) => {
          const params = { name: value, uri: value, ref: { type: "ref/prompt", name: value, uri: value } };
          for (const each of [params, { ...params, _meta: { [version]: value } }]) {
            expect((await client.send(method, each)).status).toBeLessThan(500);
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(gateway.failures).toEqual([]);
  });
});

const limits = (own: Partial<LimitPolicy>) => ({ limits: { ...DEFAULT_GATEWAY_POLICY.limits, ...own } });

async function verdict(answer: Response | Promise<Response>): Promise<string> {
  const response = await answer;
  const { error } = (await response.json()) as { error?: { code: unknown } };
  return error === undefined ? String(response.status) : `${response.status} ${String(error.code)}`;
}

/** A server that answers when it is told to. */
function waitingServer() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const answer = async ({ idText }: { readonly idText: string }) => {
    await promise;
    return resultMessage(idText, "{}");
  };
  return { one: new ScriptedServer({ lists: { tools: [toolText("a")] }, answers: { "tools/call": answer } }), release: resolve };
}

/** mcpd's own route among them: what holds at one holds at each. */
describe.each(MCP_PATHS)("security rule 12: at $path", ({ path, tool }) => {
  const call = (client: TestClient, args: object = {}) => verdict(client.send("tools/call", { name: tool, arguments: args }));
  const echo = () =>
    new ScriptedServer({
      lists: { tools: [toolText("a")] },
      answers: { "tools/call": ({ idText, paramsText }) => resultMessage(idText, JSON.stringify({ content: [], echo: paramsText })) },
    });

  test("a body that is too large, too deep, or has headers that are too many, reaches no server", async () => {
    const one = echo();
    const policy = limits({ maxDepth: 16, maxHeaderBytes: 2048 });
    await using gateway = await openGateway({ servers: { one }, settings: { maxBodyBytes: 4096 }, policy });
    const client = await initialized(gateway, { path });
    expect(await call(client, { text: "x".repeat(5000) })).toBe("413 payload_too_large");
    expect(await call(client, { deep: JSON.parse(`${"[".repeat(20)}${"]".repeat(20)}`) })).toBe("400 -32600");
    expect(await verdict(client.post("[".repeat(4000)))).toBe("400 -32600");
    expect((await client.send("tools/call", { name: tool }, { headers: { "x-a": "a".repeat(2048) } })).status).toBe(431);
    expect(one.of("tools/call")).toEqual([]);
    expect(await call(client)).toBe("200");
  });

  test("an answer that is too large is none", async () => {
    await using gateway = await openGateway({ servers: { one: echo() }, policy: limits({ maxResultBytes: 1000 }) });
    const client = await initialized(gateway, { path });
    expect(await call(client, { text: "x".repeat(2000) })).toBe("413 result_too_large");
    expect(await call(client)).toBe("200");
  });

  test("one identity has so many calls in flight and so many a minute, and takes no other's", async () => {
    const { one, release } = waitingServer();
    const policy = { ...limits({ maxConcurrentCallsPerIdentity: 2 }), rates: { perMinute: 3, methods: {} } };
    await using gateway = await openGateway({ servers: { one }, policy });
    const [client, other] = [
      await initialized(gateway, { path }),
      await initialized(gateway, { path, token: gateway.control.issue("demo") }),
    ];
    const calls = [call(client), call(client)];
    while (one.of("tools/call").length < 2) await Bun.sleep(0);
    const third = await client.send("tools/call", { name: tool });
    expect([third.status, third.headers.get("retry-after")]).toEqual([429, "1"]);
    calls.push(call(other));
    while (one.of("tools/call").length < 3) await Bun.sleep(0);
    release();
    expect(await Promise.all(calls)).toEqual(["200", "200", "200"]);
    const verdicts = [];
    for (let times = 0; times < 4; times += 1) verdicts.push(await call(client));
    expect(verdicts.at(-1)).toBe("429 rate_limited");
    expect(await call(other)).toBe("200");
  });

  test("a limiter that cannot decide follows what was chosen, and says so", async () => {
    for (const [onStoreFailure, expected] of [
      ["open", "200"],
      ["closed", "503 limiter_unavailable"],
    ] as const) {
      const failures: unknown[] = [];
      const away = { isAway: false, take: () => (away.isAway ? Promise.reject(new Error("away")) : PASS) };
      const limiter = decidedLimiter({
        limiter: away,
        timeoutMs: 1000,
        onStoreFailure,
        onLimiterUnavailable: (error) => failures.push(error),
      });
      await using gateway = await openGateway({ servers: { one: echo() }, limiter });
      const client = await initialized(gateway, { path });
      away.isAway = true;
      expect([await call(client), failures.length]).toEqual([expected, 1]);
    }
  });
});
