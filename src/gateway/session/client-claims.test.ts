import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { clientClaims, clientInfoOf } from "./client-claims.ts";
import type { SessionClaims } from "./live-session.ts";
import { MAX_ID_LENGTH, openSession, sealSession } from "./sealed-id.ts";

const KEYRING = { current: { number: 1, key: randomBytes(32) }, previous: [] };

/** As large as what the gateway itself seals can be. */
const OWN: SessionClaims = {
  id: "f".repeat(32),
  principalId: `gateway:gwy_${"a".repeat(32)}`,
  project: `prj_${"b".repeat(32)}`,
  server: "c".repeat(32),
  revision: "2025-11-25",
  issuedAt: 9_999_999_999,
  opener: "ABCDEFGH",
};

const EVERYTHING = { sampling: { context: {}, tools: {} }, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };

test("what a client says of itself is kept, cut to whole characters", () => {
  expect(clientClaims({ capabilities: EVERYTHING, clientInfo: { name: "Editor", version: "1.0", title: "An editor", icons: [] } })).toEqual(
    {
      capabilities: EVERYTHING,
      clientInfo: { name: "Editor", version: "1.0", title: "An editor" },
    },
  );
  expect(clientInfoOf({ name: "é".repeat(40), version: "1" })).toEqual({ name: "é".repeat(32), version: "1" });
  expect(clientInfoOf({ name: "😀".repeat(40), version: "1" })?.name).toBe("😀".repeat(16));
  expect(clientInfoOf({ name: 'a"b\\c\nd\ud800', version: "1" })?.name).toBe("abcd");
});

test.each([[undefined], [null], ["x"], [{}], [{ name: "x" }], [{ name: 1, version: "1" }]])("%j is no client info", (info) => {
  expect(clientInfoOf(info)).toBeUndefined();
});

test("a client that says nothing adds nothing to its session", () => {
  expect(clientClaims({})).toEqual({});
  expect(clientClaims({ capabilities: { experimental: {} } })).toEqual({});
});

test("whatever a client says of itself, its session's id has at most 1 KB and opens to it again", () => {
  const text = fc.string({ unit: "binary", maxLength: 400 });
  const info = fc.record({ name: text, version: text, title: text });
  fc.assert(
    fc.property(fc.oneof(info, fc.jsonValue()), fc.oneof(fc.constant(EVERYTHING), fc.jsonValue()), (clientInfo, capabilities) => {
      const claims = { ...OWN, ...clientClaims({ clientInfo, capabilities }) };
      const sealed = sealSession(KEYRING, claims);
      expect(sealed.length).toBeLessThanOrEqual(MAX_ID_LENGTH);
      expect(openSession(KEYRING, sealed)).toEqual(claims);
    }),
  );
});
