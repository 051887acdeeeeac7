import { expect, test } from "bun:test";
import { deriveBaseUrl } from "./endpoint-url.ts";
import { mcpHealthCheck } from "./mcp-health-check.ts";
import { startScriptedMcpServer } from "./scripted-mcp-server.fixture.ts";

test("2xx at /healthz is healthy, with or without a slash at the end of the base", async () => {
  await using server = startScriptedMcpServer();
  const base = deriveBaseUrl(server.url);
  expect(await mcpHealthCheck(base)).toEqual({ healthy: true, status: 200 });
  expect(await mcpHealthCheck(`${base}/`)).toEqual({ healthy: true, status: 200 });
  expect(server.sent.map((entry) => entry.path)).toEqual(["/healthz", "/healthz"]);
});

test("another status is a verdict with its reason", async () => {
  await using server = startScriptedMcpServer({ answers: { "GET /healthz": () => Response.json({ error: "starting" }, { status: 503 }) } });
  expect(await mcpHealthCheck(deriveBaseUrl(server.url))).toEqual({ healthy: false, status: 503, reason: "HTTP 503: starting" });
});

test("a redirect is not health", async () => {
  await using server = startScriptedMcpServer({ answers: { "GET /healthz": () => Response.redirect("/login", 302) } });
  expect(await mcpHealthCheck(deriveBaseUrl(server.url))).toMatchObject({ healthy: false, status: 302 });
});

test("no answer and no server are verdicts too", async () => {
  const server = startScriptedMcpServer({ answers: { "GET /healthz": () => new Promise(() => undefined) } });
  const base = deriveBaseUrl(server.url);
  expect(await mcpHealthCheck(base, { timeoutMs: 20 })).toEqual({ healthy: false, reason: `No answer within 20 ms: GET ${base}/healthz` });
  await server[Symbol.asyncDispose]();
  expect(await mcpHealthCheck(base)).toMatchObject({ healthy: false, reason: expect.stringContaining("connection refused") });
});
