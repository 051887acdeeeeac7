import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
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
