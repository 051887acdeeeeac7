import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { openSession, sealSession } from "../session/sealed-id.ts";
import { isOwnState, openState, type RequestState, requestHash, sealState } from "./request-state.ts";

const key = (number: number) => ({ number, key: randomBytes(32) });
const KEYRING = { current: key(1), previous: [] };
const STATE: RequestState = {
  callId: `process1.${"a".repeat(32)}`,
  round: 1,
  principalId: "token:tok_1",
  project: "prj_1",
  server: undefined,
  requestHash: requestHash("tools/call", '{"name":"a"}'),
  expiresAt: 1000,
};

describe("a sealed state", () => {
  test("opens to what was sealed until it expires, and is of our own form", () => {
    const sealed = sealState(KEYRING, STATE);
    expect(isOwnState(sealed)).toBe(true);
    expect(openState(KEYRING, sealed, 999_999)).toEqual(STATE);
    expect(openState(KEYRING, sealed, 1_000_000)).toBeUndefined();
  });

  test("opens no more with one character changed anywhere", () => {
    const sealed = sealState(KEYRING, STATE);
    const start = "mcpctl1.".length;
    fc.assert(
      fc.property(fc.integer({ min: start, max: sealed.length - 1 }), fc.constantFrom(..."Ab0_-.= é"), (at, other) => {
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
        if (changed !== sealed) expect(openState(KEYRING, changed, 0)).toBeUndefined();
      }),
    );
  });

  test("and no other text opens, nor makes it throw", () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => openState(KEYRING, text, 0) === undefined && openState(KEYRING, `mcpctl1.${text}`, 0) === undefined,
      ),
    );
    expect(openState(KEYRING, sealState({ current: key(1), previous: [] }, STATE), 0)).toBeUndefined();
  });

  test("is no session, and a session is no state", () => {
    const session = sealSession(KEYRING, {
      id: "x",
      principalId: "token:tok_1",
      project: "p",
      server: undefined,
      revision: "2025-11-25",
      issuedAt: 0,
    });
    expect(openState(KEYRING, `mcpctl1.${session}`, 0)).toBeUndefined();
    expect(openSession(KEYRING, sealState(KEYRING, STATE).slice("mcpctl1.".length))).toBeUndefined();
  });
});

test.each([["a server's own"], [""], [7], [undefined], [null], [{}], ["mcpctl1"]])("%j is no state of ours", (value) => {
  expect(isOwnState(value)).toBe(false);
});

describe("the hash of a request", () => {
  const of = (params: string | undefined, method = "tools/call") => requestHash(method, params);

  test("is the same for a retry, in whatever order its params are", () => {
    const asked = of('{"name":"a","arguments":{"n":1.0}}');
    expect(of('{"arguments":{"n":1.0}, "requestState":"s","inputResponses":{},"_meta":{"x":1},"name" : "a"}')).toBe(asked);
  });

  test("is another one for whatever else differs", () => {
    const asked = of('{"name":"a","arguments":{}}');
    for (const other of ['{"name":"b","arguments":{}}', '{"name":"a","arguments":{"x":1}}', '{"name":"a"}', "{}", undefined])
      expect(of(other)).not.toBe(asked);
    expect(of('{"name":"a","arguments":{}}', "prompts/get")).not.toBe(asked);
  });
});
