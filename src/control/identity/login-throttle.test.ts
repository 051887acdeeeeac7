import { expect, test } from "bun:test";
import fc from "fast-check";
import { ACCOUNT_POLICY, type Attempts, addAttempt, LoginThrottle, lockedForMs } from "./login-throttle.ts";

function setup(maxKeys?: number) {
  const time = { ms: 1_000_000 };
  const throttle = new LoginThrottle({ now: () => new Date(time.ms) }, maxKeys === undefined ? {} : { maxKeys });
  const fail = (account: string, address = "10.0.0.1", times = 1) => {
    for (let at = 0; at < times; at += 1) throttle.admit(account, address);
  };
  return { time, throttle, fail };
}

test("five failures cost nothing; then the wait is one second and doubles with each failure, up to 15 minutes", () => {
  let attempts: Attempts | undefined;
  const waits: number[] = [];
  for (let at = 0; at < 18; at += 1) {
    waits.push(lockedForMs(attempts, 0, ACCOUNT_POLICY) / 1000);
    attempts = addAttempt(attempts, 0, ACCOUNT_POLICY);
  }
  expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
});

test("an account that is locked says when to come again, from every address", () => {
  const { time, throttle, fail } = setup();
  fail("ada", "10.0.0.1", 5);
  expect(throttle.admit("ada", "10.0.0.2")).toEqual({ admitted: false, retryAfterSeconds: 1 });
  expect(throttle.admit("bob", "10.0.0.1").admitted).toBe(true);
  time.ms += 999;
  expect(throttle.admit("ada", "10.0.0.2").admitted).toBe(false);
  time.ms += 1;
  expect(throttle.admit("ada", "10.0.0.2").admitted).toBe(true);
  expect(throttle.admit("ada", "10.0.0.2")).toEqual({ admitted: false, retryAfterSeconds: 2 });
});

test("an address that tries many accounts is locked for all of them", () => {
  const { throttle, fail } = setup();
  for (let at = 0; at < 20; at += 1) fail(`user${at}`, "10.0.0.1");
  expect(throttle.admit("ada", "10.0.0.1").admitted).toBe(false);
  expect(throttle.admit("ada", "10.0.0.2").admitted).toBe(true);
});

test("what is refused while it is locked does not make the lock longer", () => {
  const { time, throttle, fail } = setup();
  fail("ada", "10.0.0.1", 50);
  time.ms += 1000;
  expect(throttle.admit("ada", "10.0.0.1").admitted).toBe(true);
});

test("a success forgets the account's failures and takes back one of the address, not its others", () => {
  const { throttle, fail } = setup();
  fail("ada", "10.0.0.1", 4);
  const admission = throttle.admit("ada", "10.0.0.1");
  if (admission.admitted) admission.succeeded();
  fail("ada", "10.0.0.2", 4);
  expect(throttle.admit("ada", "10.0.0.2").admitted).toBe(true);
  for (let at = 0; at < 16; at += 1) fail(`user${at}`, "10.0.0.1");
  expect(throttle.admit("bob", "10.0.0.1").admitted).toBe(false);
});

test("attempts at one moment count each before any has failed", () => {
  const { throttle } = setup();
  const admitted = Array.from({ length: 30 }, (_, at) => throttle.admit("ada", `10.0.0.${at}`)).filter((each) => each.admitted);
  expect(admitted).toHaveLength(5);
});

test("an attempt that nobody could judge counts for nothing", () => {
  const { throttle } = setup();
  for (let at = 0; at < 40; at += 1) {
    const admission = throttle.admit("ada", "10.0.0.1");
    expect(admission.admitted).toBe(true);
    if (admission.admitted) admission.withdraw();
  }
});

test("after an hour of quiet it begins anew", () => {
  const { time, throttle, fail } = setup();
  fail("ada", "10.0.0.1", 5);
  time.ms += 60 * 60_000;
  fail("ada", "10.0.0.1", 4);
  expect(throttle.admit("ada", "10.0.0.1").admitted).toBe(true);
});

test("a flood of made-up names is bounded and does not lift the lock of a real one", () => {
  const { throttle, fail } = setup(100);
  fail("ada", "10.0.0.1", 5);
  for (let at = 0; at < 1000; at += 1) fail(`made-up-${at}`, `10.1.${at % 250}.${at}`);
  expect(throttle.admit("ada", "10.9.9.9").admitted).toBe(false);
});

test("whatever comes when: a wait never passes the cap, and after it there is a free attempt", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 30 * 60_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (gaps) => {
      let attempts: Attempts | undefined;
      let nowMs = 0;
      for (const gap of gaps) {
        nowMs += gap;
        const waitMs = lockedForMs(attempts, nowMs, ACCOUNT_POLICY);
        expect(waitMs).toBeLessThanOrEqual(ACCOUNT_POLICY.maxLockMs);
        expect(lockedForMs(attempts, nowMs + waitMs, ACCOUNT_POLICY)).toBe(0);
        if (waitMs === 0) attempts = addAttempt(attempts, nowMs, ACCOUNT_POLICY);
      }
    }),
  );
});
