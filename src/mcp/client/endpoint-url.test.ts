import { expect, test } from "bun:test";
import { deriveBaseUrl, displayUrl, parseEndpointUrl } from "./endpoint-url.ts";

test.each([
  ["http://h:3200/projects/x/mcp", "http://h:3200"],
  ["https://mcp.example.org/mcp?key=1#top", "https://mcp.example.org"],
  ["https://h:8443", "https://h:8443"],
  ["http://[::1]:3200/mcp", "http://[::1]:3200"],
])("the base of %s is %s", (url, base) => {
  expect(deriveBaseUrl(url)).toBe(base);
});

test.each(["ftp://h/x", "ws://h/x", "javascript:alert(1)", "/mcp", "h:3200/mcp", ""])("'%s' is refused", (url) => {
  expect(() => deriveBaseUrl(url)).toThrow(expect.objectContaining({ code: "invalid", reason: "MCP_URL_INVALID" }));
});

test("a query, which may hold a key, is not shown", () => {
  expect(displayUrl(parseEndpointUrl("https://h:8443/a/mcp?key=secret"))).toBe("https://h:8443/a/mcp");
});
