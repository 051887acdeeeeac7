import { expect, test } from "bun:test";
import { INVALID_PARAMS, JsonRpcFault } from "../../../mcp/json-rpc.ts";
import type { BuiltinServer } from "../../builtin/builtin-server.ts";
import { answerText, callOf } from "../call.fixture.ts";
import { builtinUpstream } from "./builtin-upstream.ts";

const SERVER: BuiltinServer = {
  initialize: (protocolVersion) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "ours" } }),
  request: async (method, params) => {
    if (method === "tools/list") return { tools: [] };
    if (method === "tools/call") return { content: [], params };
    if (method === "boom") throw new TypeError("a secret");
    throw new JsonRpcFault(INVALID_PARAMS, "no", { why: 1 });
  },
};

function setup() {
  const failures: unknown[] = [];
  const upstream = builtinUpstream({ server: SERVER, onFailure: (error) => failures.push(error) });
  const ask = async (method: string, params: object, era: "legacy" | "modern") =>
    JSON.parse(await answerText(upstream, callOf(method, { era, paramsText: JSON.stringify(params) })));
  return { upstream, failures, ask };
}

const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };

test("a server of our own answers legacy clients as it is", async () => {
  const { upstream, ask } = setup();
  expect(await upstream.ready()).toMatchObject({ serverInfo: { name: "ours" } });
  expect(await ask("tools/call", { name: "x" }, "legacy")).toEqual({
    jsonrpc: "2.0",
    id: 1,
    result: { content: [], params: { name: "x" } },
  });
  expect(await ask("prompts/get", {}, "legacy")).toMatchObject({ error: { code: INVALID_PARAMS, data: { why: 1 } } });
});

test("and modern ones in their own form", async () => {
  const { ask } = setup();
  expect(await ask("server/discover", { _meta }, "modern")).toMatchObject({ result: { supportedVersions: ["2026-07-28"] } });
  expect((await ask("tools/list", { _meta }, "modern")).result).toEqual({
    resultType: "complete",
    ttlMs: 0,
    cacheScope: "private",
    tools: [],
  });
  expect((await ask("tools/call", { _meta, name: "x" }, "modern")).result).toEqual({
    resultType: "complete",
    content: [],
    params: { name: "x" },
  });
});

test("what fails inside is told to us and not to the caller", async () => {
  const { ask, failures } = setup();
  const answer = await ask("boom", {}, "legacy");
  expect(answer.error.code).toBe(-32603);
  expect(JSON.stringify(answer)).not.toContain("secret");
  expect(failures).toEqual([new TypeError("a secret")]);
});
