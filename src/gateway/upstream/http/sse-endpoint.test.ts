import { expect, test } from "bun:test";
import { parseSseEndpoint } from "./sse-endpoint.ts";

const STREAM = new URL("https://mcp.example.org:8443/tools/sse?key=1");

test.each([
  ["/messages?sessionId=1", "https://mcp.example.org:8443/messages?sessionId=1"],
  ["messages", "https://mcp.example.org:8443/tools/messages"],
  ["?sessionId=1", "https://mcp.example.org:8443/tools/sse?sessionId=1"],
  [" https://mcp.example.org:8443/m#part \n", "https://mcp.example.org:8443/m"],
  ["https://MCP.example.org:8443/m", "https://mcp.example.org:8443/m"],
])("%j is %s", (data, endpoint) => {
  expect(parseSseEndpoint(STREAM, data)?.href).toBe(endpoint);
});

test.each([
  "",
  "https://mcp.example.org/m",
  "http://mcp.example.org:8443/m",
  "https://evil.example:8443/m",
  "//evil.example:8443/m",
  "\\\\evil.example:8443\\m",
  "https://user@mcp.example.org:8443/m",
  "https://mcp.example.org:8443@evil.example/m",
  "javascript:alert(1)",
  "file:///etc/passwd",
  "http://[",
  `/${"x".repeat(5000)}`,
])("%j is no endpoint", (data) => {
  expect(parseSseEndpoint(STREAM, data)).toBeUndefined();
});
