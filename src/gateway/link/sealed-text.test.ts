import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Keyring } from "../session/sealed-id.ts";
import { openText, sealText } from "./sealed-text.ts";

const key = (number: number, byte: number) => ({ number, key: new Uint8Array(32).fill(byte) });
const RING: Keyring = { current: key(2, 2), previous: [key(1, 1)] };

test("what is sealed opens with the same keys and purpose, also with a key that was the current one before", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, purpose) => {
      expect(openText(RING, sealText(RING, text, purpose), purpose)).toBe(text.toWellFormed());
    }),
  );
  const before: Keyring = { current: key(1, 1), previous: [] };
  expect(openText(RING, sealText(before, "x", "p"), "p")).toBe("x");
});

test("another purpose, another key or a changed bit opens nothing, whatever it is", () => {
  const sealed = sealText(RING, "text", "p");
  expect(openText(RING, sealed, "q")).toBeUndefined();
  expect(openText({ current: key(2, 9), previous: [] }, sealed, "p")).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(Buffer.from(sealed, "base64url").length * 8 - 1), (bit) => {
      const bytes = Buffer.from(sealed, "base64url");
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openText(RING, bytes.toString("base64url"), "p")).toBeUndefined();
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => openText(RING, text, "p") === undefined));
});
