import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { LEGACY_REVISIONS } from "../../mcp/eras/2025-11-25/revisions.ts";
import type { SessionClaims } from "./live-session.ts";
import { type Keyring, openSession, sealSession } from "./sealed-id.ts";

const key = (number: number) => ({ number, key: randomBytes(32) });
const first = key(1);
const ring: Keyring = { current: first, previous: [] };
const claims: SessionClaims = {
  id: randomBytes(16).toString("hex"),
  principalId: "tok_1234567890123456789012",
  project: "p".repeat(63),
  server: "s".repeat(32),
  revision: "2025-11-25",
  issuedAt: 1_800_000_000,
};

test("an id opens to the claims that were sealed, and is at most 1 KB", () => {
  const sealed = sealSession(ring, claims);
  expect(openSession(ring, sealed)).toEqual(claims);
  expect(sealed.length).toBeLessThanOrEqual(1024);
  expect(sealed).toMatch(/^[\x21-\x7e]+$/);
});

test("one bit changed anywhere, and it opens no more", () => {
  const bytes = Buffer.from(sealSession(ring, claims), "base64url");
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      expect(openSession(ring, changed.toString("base64url"))).toBeUndefined();
    }),
  );
});

test("no foreign text opens and none makes it throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 1200 })), (text) => openSession(ring, text) === undefined));
  expect(openSession({ current: key(1), previous: [] }, sealSession(ring, claims))).toBeUndefined();
});

test("the previous key still opens and no longer seals", () => {
  const sealed = sealSession(ring, claims);
  const rotated: Keyring = { current: key(2), previous: [first] };
  expect(openSession(rotated, sealed)).toEqual(claims);
  expect(openSession({ current: rotated.current, previous: [] }, sealSession(rotated, claims))).toEqual(claims);
});

const anyClaims = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{32}$/),
  principalId: fc.string({ unit: "grapheme", maxLength: 40 }),
  project: fc.option(fc.string({ unit: "grapheme", maxLength: 40 }), { nil: undefined }),
  server: fc.option(fc.string({ maxLength: 32 }), { nil: undefined }),
  revision: fc.constantFrom(...LEGACY_REVISIONS),
  issuedAt: fc.nat(),
});

test("any claims come back as they were sealed, and no two ids are alike", () => {
  fc.assert(
    fc.property(anyClaims, (sealed) => {
      const ids = [sealSession(ring, sealed), sealSession(ring, sealed)];
      // JSON has no undefined: what is not there is not there afterwards either.
      for (const id of ids) expect(openSession(ring, id)).toEqual(JSON.parse(JSON.stringify(sealed)));
      expect(ids[0]).not.toBe(ids[1]);
    }),
  );
});

test("no other spelling of an id opens, and no id that is cut, longer, or made of two", () => {
  fc.assert(
    fc.property(anyClaims, anyClaims, fc.nat(), fc.base64String({ minLength: 1, maxLength: 8 }), (one, other, place, more) => {
      const [a, b] = [sealSession(ring, one), sealSession(ring, other)];
      const at = place % a.length;
      const spellings = [a.slice(0, at), a + more, `${a}=`, ` ${a}`, `${a} `, a.replaceAll("-", "+").replaceAll("_", "/"), a.toUpperCase()];
      const [first, second] = [a, b].map((id) => Buffer.from(id, "base64url"));
      // The nonce of one before the rest of the other.
      const crossed = Buffer.concat([first?.subarray(0, 14) ?? Buffer.of(), second?.subarray(14) ?? Buffer.of()]).toString("base64url");
      for (const text of [...spellings, crossed].filter((each) => each !== a && each !== b))
        expect(openSession(ring, text)).toBeUndefined();
    }),
  );
});
