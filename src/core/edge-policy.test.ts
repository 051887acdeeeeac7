import { expect, test } from "bun:test";
import { edgePolicyFor, foreignPart } from "./edge-policy.ts";

const loopback = edgePolicyFor("127.0.0.1");
const open = edgePolicyFor("0.0.0.0");

test("security rule 1: bound to loopback, only loopback's own names pass as Host", () => {
  for (const host of ["localhost:3200", "127.0.0.1:3200", "[::1]:3200", "LOCALHOST"])
    expect(foreignPart(loopback, host, null)).toBeUndefined();
  for (const host of ["evil.example:3200", "localhost.evil.example", "127.0.0.1.evil.example", "", "localhost:3200@evil.example", null]) {
    expect(foreignPart(loopback, host, null)).toBe("host");
  }
});

test("security rule 1: a page of another origin may not call, on loopback or off it", () => {
  for (const origin of ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost@evil.example", "file://"]) {
    expect(foreignPart(loopback, "localhost:3200", origin)).toBe("origin");
    expect(foreignPart(open, "gateway.example", origin)).toBe("origin");
  }
});

test("names that are given pass besides loopback's and the bound address, and elsewhere nothing else does then", () => {
  for (const bound of ["127.0.0.1", "10.0.0.5", "fd00::5"]) {
    const policy = edgePolicyFor(bound, ["MCP.example.org"]);
    for (const host of ["mcp.example.org", "mcp.example.org:443", "localhost:3200", "127.0.0.1"]) {
      expect(foreignPart(policy, host, null)).toBeUndefined();
      expect(foreignPart(policy, host, `https://${host}`)).toBeUndefined();
    }
    for (const host of ["evil.example", "mcp.example.org.evil.example", "evil-mcp.example.org", "mcp.example.org.", ""]) {
      expect(foreignPart(policy, host, null)).toBe("host");
    }
    expect(foreignPart(policy, "mcp.example.org", "https://evil.example")).toBe("origin");
  }
  expect(foreignPart(edgePolicyFor("10.0.0.5", ["a.example"]), "10.0.0.5:3200", null)).toBeUndefined();
  expect(foreignPart(edgePolicyFor("FD00::5", ["a.example"]), "[fd00::5]:3200", null)).toBeUndefined();
});

test("a page of our own host may call", () => {
  expect(foreignPart(loopback, "127.0.0.1:3200", "http://localhost:6274")).toBeUndefined();
  expect(foreignPart(open, "gateway.example:3200", "https://gateway.example:3200")).toBeUndefined();
  expect(foreignPart(open, "gateway.example:3200", "https://gateway.example")).toBe("origin");
});
