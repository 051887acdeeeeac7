import { expect, test } from "bun:test";
import { McpProtocolError } from "../../mcp/client/mcp-protocol-error.ts";
import { McpTransportError } from "../../mcp/client/mcp-transport-error.ts";
import { renderTestMcpText } from "./render-test-mcp.ts";
import { testMcp } from "./test-mcp.ts";
import type { TestMcpDeps, TestMcpSession } from "./test-mcp-deps.ts";

const URL = "http://h:3200/projects/demo/mcp";

/** A good endpoint on a clock that goes on by 10 ms with each look; a test replaces what it needs. */
function setup(session: Partial<TestMcpSession> = {}, healthy = true) {
  const log: string[] = [];
  let now = 0;
  const good: TestMcpSession = {
    initialize: async () => ({ protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } }),
    listTools: async () => [{ name: "echo" }],
    callTool: async (name) => ({ content: [{ type: "text", text: `${name}!` }] }),
    close: async () => void log.push("close"),
    ...session,
  };
  const deps: TestMcpDeps = {
    openSession: (url, options) => {
      log.push(`open ${url} ${options.bearer} ${options.timeoutMs}`);
      return good;
    },
    checkHealth: async (base) => {
      log.push(`health ${base}`);
      return healthy ? { healthy: true, status: 200 } : { healthy: false, reason: "connection refused" };
    },
    nowMs: () => {
      now += 10;
      return now;
    },
  };
  return { deps, log };
}

test("each step has its time, and the whole is the sum of them and more", async () => {
  const { deps, log } = setup();
  const report = await testMcp(deps, { url: URL, token: "t", expectTools: ["echo"], tool: "echo" });
  expect(report).toMatchObject({ verdict: "PASS", exitCode: 0, ms: 110, error: null });
  expect(report.steps.map((step) => [step.name, step.outcome, step.ms])).toEqual([
    ["health", "pass", 10],
    ["initialize", "pass", 10],
    ["tools/list", "pass", 10],
    ["expect-tools", "pass", 10],
    ["tools/call", "pass", 10],
  ]);
  expect(log).toEqual([`open ${URL} t 10000`, "health http://h:3200", "close"]);
});

test("nothing runs after a failed step, and the session is closed all the same", async () => {
  const { deps, log } = setup({}, false);
  const report = await testMcp(deps, { url: URL });
  expect(report).toMatchObject({
    verdict: "TRANSPORT/AUTH FAIL",
    exitCode: 1,
    server: null,
    tools: null,
    hint: expect.stringContaining("--no-health"),
  });
  expect(report.steps).toHaveLength(1);
  expect(log.at(-1)).toBe("close");
});

test("the class of the error decides between the way and the contract", async () => {
  const broken = setup({ initialize: () => Promise.reject(new McpProtocolError("X", "nonsense")) });
  expect(await testMcp(broken.deps, { url: URL })).toMatchObject({ exitCode: 2, error: "initialize: nonsense" });
  const refused = setup({ listTools: () => Promise.reject(new McpTransportError("denied", "HTTP_403", "HTTP 403: no", { status: 403 })) });
  expect(await testMcp(refused.deps, { url: URL })).toMatchObject({ exitCode: 1, error: "tools/list: HTTP 403: no" });
});

test("a defect of our own is no verdict on the endpoint, and the session is closed", async () => {
  const { deps, log } = setup({ listTools: () => Promise.reject(new TypeError("x is undefined")) });
  await expect(testMcp(deps, { url: URL })).rejects.toThrow(TypeError);
  expect(log.at(-1)).toBe("close");
});

test("options that make no sense are refused before a session is opened", async () => {
  const { deps, log } = setup();
  await expect(testMcp(deps, { url: "ftp://h" })).rejects.toMatchObject({ code: "invalid" });
  await expect(testMcp(deps, { url: URL, args: {} })).rejects.toMatchObject({ code: "invalid", reason: "ARGS_WITHOUT_TOOL" });
  expect(log).toEqual([]);
});

test("a huge or many-lined tool text stays one short line in the steps and whole in the call", async () => {
  const text = "\u001b[31mline\n".repeat(10_000);
  const { deps } = setup({ callTool: async () => ({ content: [{ type: "text", text }], isError: true }) });
  const report = await testMcp(deps, { url: URL, tool: "echo" });
  expect(report.call).toEqual({ tool: "echo", isError: true, text });
  expect(report.steps.at(-1)?.detail.length).toBeLessThan(1_100);
  expect(renderTestMcpText(report).trimEnd().split("\n")).toHaveLength(6);
  expect(renderTestMcpText(report)).not.toContain("\u001b");
});
