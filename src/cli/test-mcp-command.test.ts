import { describe, expect, test } from "bun:test";
import { startScriptedMcpServer } from "../mcp/client/scripted-mcp-server.fixture.ts";
import { captureMcpctl } from "./captured-cli.fixture.ts";

describe("mcpctl test mcp", () => {
  test("happy: a good endpoint passes with exit code 0 and a line for each step", async () => {
    await using server = startScriptedMcpServer();
    const run = await captureMcpctl(["test", "mcp", server.url, "--token", "secret", "--tool", "echo", "--args", '{"a":1}']);
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    const lines = run.stdout.trimEnd().split("\n");
    expect(lines[0]).toBe(server.url);
    expect(lines[1]).toMatch(/^ {2}PASS {2}health +[\d.]+ ms {2}http:\/\/127\.0\.0\.1:\d+\/healthz answers 200$/);
    expect(lines[2]).toMatch(/^ {2}PASS {2}initialize +[\d.]+ ms {2}scripted 1\.0\.0, revision 2025-11-25$/);
    expect(lines[3]).toMatch(/^ {2}PASS {2}tools\/list +[\d.]+ ms {2}2 tools$/);
    expect(lines[4]).toMatch(/^ {2}PASS {2}tools\/call +[\d.]+ ms {2}echo: \{"a":1\}$/);
    expect(lines[5]).toMatch(/^PASS \(4 steps, [\d.]+ ms\)$/);
    expect(server.of("initialize")[0]?.headers.get("authorization")).toBe("Bearer secret");
    expect(server.of("DELETE")).toHaveLength(1);
  });

  test("health preflight failure: exit code 1 before any MCP, and --no-health goes on without it", async () => {
    await using server = startScriptedMcpServer({ answers: { "GET /healthz": () => new Response("starting", { status: 503 }) } });
    const run = await captureMcpctl(["test", "mcp", server.url]);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain("TRANSPORT/AUTH FAIL");
    expect(run.stderr).toContain("HTTP 503: starting\nhint: is it running there? --no-health");
    expect(server.of("POST")).toEqual([]);
    expect(await captureMcpctl(["test", "mcp", server.url, "--no-health"])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("expect-tools miss: exit code 2, the missing named, the nearest as a hint", async () => {
    await using server = startScriptedMcpServer();
    const run = await captureMcpctl(["test", "mcp", server.url, "--expect-tools", "ecoh,fail", "--expect-tools", "zzzzzz"]);
    expect(run.exitCode).toBe(2);
    expect(run.stdout).toContain("CONTRACT FAIL");
    expect(run.stderr).toBe("error: expect-tools: missing: ecoh, zzzzzz\nhint: did you mean echo?\n");
  });

  test("expect-tools hit: exit code 0 when all are listed", async () => {
    await using server = startScriptedMcpServer();
    const run = await captureMcpctl(["test", "mcp", server.url, "--expect-tools", "echo, fail"]);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/PASS {2}expect-tools .*all 2 are there/);
  });

  test("transport throw: a fetch that throws is exit code 1 with its reason", async () => {
    const fetch = () => Promise.reject(Object.assign(new TypeError("fetch failed"), { code: "ECONNREFUSED" }));
    const run = await captureMcpctl(["test", "mcp", "http://127.0.0.1:9/mcp", "--no-health"], { fetch });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain("TRANSPORT/AUTH FAIL");
    expect(run.stderr).toBe("error: initialize: Cannot talk to http://127.0.0.1:9/mcp: connection refused\n");
  });

  test("tool isError: exit code 2 with the tool's own text", async () => {
    await using server = startScriptedMcpServer();
    const run = await captureMcpctl(["test", "mcp", server.url, "--tool", "fail"]);
    expect(run.exitCode).toBe(2);
    expect(run.stdout).toContain("CONTRACT FAIL");
    expect(run.stderr).toBe("error: tools/call: fail answered isError: it broke\n");
  });

  test("json report: one JSON document on standard output and nothing else anywhere", async () => {
    await using server = startScriptedMcpServer();
    const good = await captureMcpctl(["test", "mcp", server.url, "-o", "json", "--tool", "echo", "--args", '{"a":1}']);
    expect(good.stderr).toBe("");
    expect(JSON.parse(good.stdout)).toEqual({
      url: server.url,
      verdict: "PASS",
      exitCode: 0,
      ms: expect.any(Number),
      steps: ["health", "initialize", "tools/list", "tools/call"].map((name) => ({
        name,
        outcome: "pass",
        ms: expect.any(Number),
        detail: expect.any(String),
      })),
      server: { name: "scripted", version: "1.0.0", protocolVersion: "2025-11-25" },
      tools: ["echo", "fail"],
      missing: [],
      call: { tool: "echo", isError: false, text: '{"a":1}' },
      error: null,
      hint: null,
    });
    const bad = await captureMcpctl(["test", "mcp", server.url, "--output", "json", "--expect-tools", "ecoh"]);
    expect(bad).toMatchObject({ exitCode: 2, stderr: "" });
    expect(JSON.parse(bad.stdout)).toMatchObject({
      verdict: "CONTRACT FAIL",
      exitCode: 2,
      missing: [{ name: "ecoh", nearest: ["echo"] }],
      error: "expect-tools: missing: ecoh",
    });
  });

  test("env token fallback: $MCPCTL_TOKEN is used where --token is not given", async () => {
    await using server = startScriptedMcpServer();
    const env = { MCPCTL_TOKEN: " from-env\n" };
    await captureMcpctl(["test", "mcp", server.url], { env });
    await captureMcpctl(["test", "mcp", server.url, "--token", "from-flag"], { env });
    await captureMcpctl(["test", "mcp", server.url], { env: { MCPCTL_TOKEN: "" } });
    expect(server.of("initialize").map((entry) => entry.headers.get("authorization"))).toEqual([
      "Bearer from-env",
      "Bearer from-flag",
      null,
    ]);
  });

  test("invalid --args: exit code 2 and nothing is sent", async () => {
    await using server = startScriptedMcpServer();
    for (const args of ["{", "[1]", "null", '"text"', "3", ""]) {
      const run = await captureMcpctl(["test", "mcp", server.url, "--tool", "echo", "--args", args]);
      expect(run).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("error: --args is not a JSON object\nhint: ") });
    }
    const alone = await captureMcpctl(["test", "mcp", server.url, "--args", "{}"]);
    expect(alone).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("error: --args needs --tool") });
    expect(server.sent).toEqual([]);
  });
});
