import { expect, test } from "bun:test";
import { errorReply, startScriptedMcpServer } from "../mcp/client/scripted-mcp-server.fixture.ts";
import { captureMcpctl } from "./captured-cli.fixture.ts";
import { parseTimeout } from "./parse-timeout.ts";

test.each([
  ["10", 10_000],
  ["0.5", 500],
  ["500ms", 500],
  ["10s", 10_000],
  ["1m", 60_000],
])("--timeout %s is %d ms", (text, ms) => {
  expect(parseTimeout(text)).toBe(ms);
});

test.each([
  ["--timeout", "0"],
  ["--timeout", "25h"],
  ["--timeout", "soon"],
  ["--token", ""],
  ["--expect-tools", " , "],
  ["--output", "yaml"],
])("%s '%s' is wrong usage: exit code 2, the flag named, nothing sent", async (flag, value) => {
  await using server = startScriptedMcpServer();
  const run = await captureMcpctl(["test", "mcp", server.url, flag, value]);
  expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run.stderr).toMatch(/^error: .+\nhint: .+\n$/);
  expect(server.sent).toEqual([]);
});

test("a URL that is not http, and none at all, are wrong usage", async () => {
  expect(await captureMcpctl(["test", "mcp", "localhost:3200/mcp"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("not an http or https URL"),
  });
  expect(await captureMcpctl(["test", "mcp"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("missing required argument 'url'"),
  });
});

test.each([
  [401, "unauthenticated", "Bearer token required", "--token or in $MCPCTL_TOKEN"],
  [403, "forbidden", "not your project", "its own project only"],
  [500, "internal_error", "boom", undefined],
] as const)("HTTP %d is exit code 1 and shows what the server said", async (status, code, message, hint) => {
  await using server = startScriptedMcpServer({ answers: { initialize: () => Response.json({ error: { code, message } }, { status }) } });
  const run = await captureMcpctl(["test", "mcp", server.url]);
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toContain("TRANSPORT/AUTH FAIL");
  expect(run.stderr).toContain(`error: initialize: HTTP ${status}: ${code}: ${message}\n`);
  if (hint === undefined) expect(run.stderr).not.toContain("hint:");
  else expect(run.stderr).toContain(hint);
});

test("a server that is too slow is exit code 1, within --timeout", async () => {
  await using server = startScriptedMcpServer({ answers: { initialize: () => new Promise(() => undefined) } });
  const run = await captureMcpctl(["test", "mcp", server.url, "--timeout", "30ms"]);
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("No answer within 30 ms") });
});

test.each([
  ["a JSON-RPC error", (sent: Parameters<typeof errorReply>[0]) => errorReply(sent, -32603, "boom"), "boom (JSON-RPC error -32603)"],
  ["a web page", () => new Response("<html>", { headers: { "content-type": "text/html" } }), "text/html"],
  ["a list that is none", () => Response.json({ jsonrpc: "2.0", id: 2, result: {} }), "no list 'tools'"],
])("%s from tools/list is exit code 2", async (_, answer, said) => {
  await using server = startScriptedMcpServer({ answers: { "tools/list": answer } });
  const run = await captureMcpctl(["test", "mcp", server.url]);
  expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(said) });
  expect(run.stdout).toContain("CONTRACT FAIL");
});

test("a --tool that is not listed is exit code 2, named with the nearest, and is not called", async () => {
  await using server = startScriptedMcpServer();
  const run = await captureMcpctl(["test", "mcp", server.url, "--tool", "ecoh"]);
  expect(run).toMatchObject({ exitCode: 2, stderr: "error: tools/call: ecoh is not in tools/list\nhint: did you mean echo?\n" });
  expect(server.of("tools/call")).toEqual([]);
});

test("what a server says cannot steer the terminal", async () => {
  await using server = startScriptedMcpServer({
    answers: { initialize: () => Response.json({ error: "\u001b[2Jgone\nerror: fake" }, { status: 500 }) },
  });
  const run = await captureMcpctl(["test", "mcp", server.url]);
  expect(run.stdout + run.stderr).not.toContain("\u001b");
  expect(run.stderr.match(/^error:/gm)).toHaveLength(1);
});

test("the token shows in no output, whatever happens", async () => {
  await using server = startScriptedMcpServer({ answers: { initialize: () => new Response("no", { status: 401 }) } });
  for (const format of ["text", "json"]) {
    const run = await captureMcpctl(["test", "mcp", server.url, "--token", "mcpctl_pat_secret", "-o", format]);
    expect(run.exitCode).toBe(1);
    expect(run.stdout + run.stderr).not.toContain("mcpctl_pat_secret");
  }
});
