import { expect, test } from "bun:test";
import fc from "fast-check";
import { toBase62 } from "./base62.ts";
import { generateToken, hashToken, isMcpToken, TOKEN_PREFIX, timingSafeEqualHex, tokenHead } from "./mcp-token.ts";

test("generateToken gives the prefix and 43 base62 characters, never the same twice", () => {
  const tokens = Array.from({ length: 500 }, generateToken);
  for (const token of tokens) expect(token).toMatch(/^mcpctl_pat_[0-9A-Za-z]{43}$/);
  expect(new Set(tokens).size).toBe(tokens.length);
});

test("base62 is injective over 32 bytes and keeps its length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (a, b) => {
      const [left, right] = [toBase62(a, 43), toBase62(b, 43)];
      expect(left).toHaveLength(43);
      expect(left === right).toBe(Buffer.compare(a, b) === 0);
    }),
  );
  expect(toBase62(new Uint8Array(32).fill(255), 43)).toHaveLength(43);
  expect(toBase62(new Uint8Array(32), 43)).toBe("0".repeat(43));
});

test("hashToken is the SHA-256 of the raw token in hex", () => {
  expect(hashToken("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("isMcpToken knows a token by its shape alone", () => {
  expect(isMcpToken(generateToken())).toBe(true);
  for (const other of ["", TOKEN_PREFIX, `${generateToken()}x`, generateToken().slice(1), ` ${generateToken()}`, `${generateToken()}\n`]) {
    expect(isMcpToken(other)).toBe(false);
  }
});

test("timingSafeEqualHex is true for equal hex and false for all else", () => {
  const hash = hashToken("a");
  expect(timingSafeEqualHex(hash, hash)).toBe(true);
  expect(timingSafeEqualHex(hash, hashToken("b"))).toBe(false);
  expect(timingSafeEqualHex(hash, hash.slice(2))).toBe(false);
  expect(timingSafeEqualHex("", "")).toBe(false);
  expect(timingSafeEqualHex("zz", "zz")).toBe(false);
  expect(timingSafeEqualHex(`${hash}zz`, hash)).toBe(false);
});

test("TOKEN_PREFIX starts what a list may show, and no more than four characters follow it", () => {
  const token = generateToken();
  expect(tokenHead(token)).toBe(token.slice(0, 15));
  expect(tokenHead(token).startsWith(TOKEN_PREFIX)).toBe(true);
});
