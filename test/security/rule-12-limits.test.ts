/** Security rule 12: limits on everything. Whoever may call can take what the limits give, and no more. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { initialized, openGateway } from "../../src/gateway/gateway.fixture.ts";
import { ScriptedServer, toolText } from "../../src/gateway/scripted-upstream.fixture.ts";
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
