import { expect, test } from "bun:test";
import { compileScopes, DEFAULT_SCOPES, scopesOfTable } from "./scope-map.ts";

const byDefault = scopesOfTable(DEFAULT_SCOPES);

test("by default reading takes mcp:read, calling mcp:call, and what is in no map mcp:admin", () => {
  for (const method of ["tools/list", "prompts/get", "resources/read", "resources/templates/list", "completion/complete"])
    expect(byDefault(method)).toBe("mcp:read");
  expect(byDefault("tools/call")).toBe("mcp:call");
  for (const method of ["admin/reload", "tools", "TOOLS/LIST", "", "__proto__", "constructor"]) expect(byDefault(method)).toBe("mcp:admin");
});

test.each(["ping", "notifications/cancelled", "notifications/initialized", "initialize", "server/discover"])(
  "%p takes a valid credential and no scope",
  (method) => {
    expect(byDefault(method)).toBeUndefined();
    expect(compileScopes([])(method)).toBeUndefined();
    expect(compileScopes([["*", "mcp:admin"]])(method)).toBeUndefined();
  },
);

test("a map that names initialize takes it in; ping and notifications it cannot take", () => {
  const map = compileScopes([
    ["initialize", "mcp:read"],
    ["ping", "mcp:admin"],
    ["notifications/cancelled", "mcp:admin"],
  ]);
  expect(["initialize", "ping", "notifications/cancelled"].map(map)).toEqual(["mcp:read", undefined, undefined]);
});

test("a method that is named comes before patterns, and of patterns the one with the most letters", () => {
  const map = compileScopes([
    ["*", "mcp:call"],
    ["resources/*", "mcp:read"],
    ["resources/sub*", "mcp:admin"],
    ["resources/subscribe", "mcp:read"],
  ]);
  expect(["tools/list", "resources/read", "resources/subtract", "resources/subscribe"].map(map)).toEqual([
    "mcp:call",
    "mcp:read",
    "mcp:admin",
    "mcp:read",
  ]);
});

test("of two that say something of a method alike, the one that asks for more holds", () => {
  const patterns = compileScopes([
    ["a*", "mcp:read"],
    ["*a", "mcp:admin"],
  ]);
  expect(patterns("aba")).toBe("mcp:admin");
  expect(scopesOfTable({ "mcp:admin": ["tools/call"], "mcp:read": ["tools/call"] })("tools/call")).toBe("mcp:admin");
});

test("what clients name fills nothing: the answer stays right for methods past those that are kept", () => {
  const map = compileScopes([["tools/*", "mcp:read"]]);
  for (let index = 0; index < 1000; index += 1) expect(map(`tools/${index}`)).toBe("mcp:read");
  expect(map("other/1")).toBe("mcp:admin");
});
