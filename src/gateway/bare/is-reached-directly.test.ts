import { expect, test } from "bun:test";
import type { Backing } from "../../api/server-definition.ts";
import { isReachedDirectly } from "./is-reached-directly.ts";

const url = (parts: Partial<Extract<Backing, { kind: "url" }>>): Backing => ({ kind: "url", url: "https://mcp.example.org/mcp", ...parts });

test("a server at a public URL without headers is called by the gateway itself", () => {
  expect(isReachedDirectly(url({}))).toBe(true);
  expect(isReachedDirectly(url({ headers: {}, secretHeaders: {}, allowAddresses: [] }))).toBe(true);
});

test("what runs at mcpd, holds a value or names mcpd's own network goes through mcpd", () => {
  const others: readonly Backing[] = [
    { kind: "builtin", name: "content" },
    { kind: "stdio", command: "node", args: [], env: {} },
    // A value that is not shown stands as *** in what mcpd tells.
    url({ headers: { "x-tenant": "***" } }),
    url({ secretHeaders: { authorization: "key" } }),
    url({ allowAddresses: ["10.0.0.0/8"] }),
    url({ url: "http://127.0.0.1:9000/mcp" }),
    url({ url: "http://localhost:9000/mcp" }),
    url({ url: "http://[::1]:9000/mcp" }),
    url({ url: "http://2130706433/mcp" }),
  ];
  for (const backing of others) expect(isReachedDirectly(backing)).toBe(false);
});
