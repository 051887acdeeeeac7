import { expect, test } from "bun:test";
import fc from "fast-check";
import { addFailure, decideGuess, type Failures, introspectionLimit } from "./introspection-limit.ts";

const nothing = async () => undefined;
const something = async () => "grant";
const EXHAUSTED = { code: "exhausted", reason: "CREDENTIAL_GUESSES_EXHAUSTED" };

function setup(perMinute = 3, maxKeys = 10) {
  let nowMs = 0;
  const limit = introspectionLimit({ now: () => new Date(nowMs) }, perMinute, maxKeys);
  const wait = (ms: number) => {
    nowMs += ms;
  };
  const fail = async (key: string, times: number) => {
    for (let done = 0; done < times; done += 1) expect(await limit.guard(key, nothing)).toBeUndefined();
  };
  return { limit, wait, fail };
}

test("after so many failures a key is refused without a look, and told when to come again", async () => {
  const { limit, fail } = setup();
  await fail("a", 3);
  let looked = false;
  const look = async () => {
    looked = true;
    return "grant";
  };
  await expect(limit.guard("a", look)).rejects.toMatchObject({ ...EXHAUSTED, retryAfterSeconds: 20 });
  expect(looked).toBe(false);
});

test("room comes back with time, as the answer said", async () => {
  const { limit, wait, fail } = setup();
  await fail("a", 3);
  wait(19_999);
  await expect(limit.guard("a", something)).rejects.toMatchObject({ ...EXHAUSTED, retryAfterSeconds: 1 });
  wait(1);
  expect(await limit.guard("a", something)).toBe("grant");
});

test("a success counts nothing, and takes no failure of others back", async () => {
  const { limit, fail } = setup();
  await fail("a", 2);
  for (let done = 0; done < 100; done += 1) await limit.guard("a", something);
  await fail("a", 1);
  await expect(limit.guard("a", something)).rejects.toMatchObject(EXHAUSTED);
});

test("keys do not pay for each other, and a look that breaks is no failure of the caller's", async () => {
  const { limit, fail } = setup();
  await fail("a", 3);
  for (let done = 0; done < 5; done += 1) {
    await expect(limit.guard("b", () => Promise.reject(new Error("no database")))).rejects.toThrow("no database");
  }
  expect(await limit.guard("b", something)).toBe("grant");
});

test("it remembers so many keys and no more; the one that failed longest ago goes", async () => {
  const { limit, fail } = setup(1, 2);
  await fail("a", 1);
  await fail("b", 1);
  await fail("c", 1);
  for (const key of ["b", "c"]) await expect(limit.guard(key, something)).rejects.toMatchObject(EXHAUSTED);
  expect(await limit.guard("a", something)).toBe("grant");
});

test("whatever the times of its guesses, a key gets no more than a minute's worth and what drains", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 200 }), (perMinute, gaps) => {
      let nowMs = 0;
      let made = 0;
      let failures: Failures | undefined;
      for (const gapMs of gaps) {
        nowMs += gapMs;
        const decision = decideGuess(failures, nowMs, perMinute);
        if (decision.allowed) {
          failures = addFailure(failures, nowMs, perMinute);
          made += 1;
        } else {
          expect(decision.retryAfterSeconds).toBeGreaterThanOrEqual(1);
          expect(decideGuess(failures, nowMs + decision.retryAfterSeconds * 1000, perMinute).allowed).toBe(true);
        }
      }
      expect(made).toBeLessThanOrEqual(perMinute + (nowMs / 60_000) * perMinute + 1e-6);
    }),
  );
});
