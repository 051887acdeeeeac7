import { beforeAll, expect, test } from "bun:test";
import { McpCaller } from "./support/mcp-caller.ts";
import { Scratch } from "./support/scratch.ts";
import type { Ready } from "./support/up-process.ts";

const CANONICAL = [
  "evo.content.search",
  "evo.content.get",
  "evo.content.root_tree",
  "evo.content.descendants",
  "evo.content.ancestors",
  "evo.content.children",
  "evo.content.siblings",
  "evo.model.list",
  "evo.model.get",
];

const scratch = new Scratch("api");
let ready: Ready;
let url = "";
let caller: McpCaller;

beforeAll(async () => {
  ready = await scratch.upWithReadyFile("api").ready();
  url = `${ready.gateway}/api/v1/mcp/content`;
  caller = await McpCaller.open(url, ready.token);
}, 30_000);

test("POST /api/v1/mcp/content answers initialize as the content server, with its platform and toolset version", async () => {
  const { status, json } = await new McpCaller(url, ready.token).initialize();
  expect(status).toBe(200);
  const { protocolVersion, serverInfo, capabilities } = json.result;
  expect(protocolVersion).toBe("2025-11-25");
  expect(serverInfo.platform).toBeString();
  expect(serverInfo.platformVersion).toBeString();
  expect(capabilities.evo.toolsetVersion).toBe("1.0");
});

test("POST /api/v1/mcp/content lists the nine canonical tools under their own names", async () => {
  const names = await caller.toolNames();
  expect(names).toEqual(expect.arrayContaining(CANONICAL));
  expect(names.filter((name) => name.includes("__"))).toEqual([]);
});

test("a read tool called through POST /api/v1/mcp/content answers with meta.toolsetVersion", async () => {
  const { json } = await caller.call("evo.content.search", { limit: 2 });
  expect(json.result.structuredContent.meta).toEqual({ limit: 2, offset: 0, count: 2, toolsetVersion: "1.0" });
});

test("a caller's trace id comes back on its answer, and one that sends none gets one", async () => {
  const headers = { authorization: `Bearer ${ready.token}`, "content-type": "application/json", "mcp-session-id": caller.sessionId ?? "" };
  const params = { name: "evo.content.search", arguments: { limit: 1 } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const post = (extra: Readonly<Record<string, string>>) => fetch(url, { method: "POST", headers: { ...headers, ...extra }, body });
  const traced = [{ "x-trace-id": traceId }, { traceparent: `00-${traceId}-b7ad6b7169203331-01` }];
  for (const extra of traced) expect((await post(extra)).headers.get("x-trace-id")).toBe(traceId);
  expect((await post({})).headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/);
});

test("GET of the single-server route is 405 with Allow, and an unknown server is 404", async () => {
  const headers = { authorization: `Bearer ${ready.token}` };
  const get = await fetch(url, { headers });
  expect([get.status, get.headers.get("allow")]).toEqual([405, "POST, DELETE"]);
  const unknown = await new McpCaller(`${ready.gateway}/api/v1/mcp/nobody`, ready.token).initialize();
  expect([unknown.status, unknown.json.error.code]).toEqual([404, "server_not_found"]);
});
