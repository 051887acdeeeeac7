import { expect, test } from "bun:test";
import { PasswordCheck, type PasswordHasher } from "./password-check.ts";

/** A hasher whose calls end when the test says so. */
function heldHasher() {
  const held: (() => void)[] = [];
  const counts = { running: 0, most: 0, verified: [] as string[], hashed: 0 };
  const hasher: PasswordHasher = {
    async hash() {
      counts.hashed += 1;
      return `decoy ${counts.hashed}`;
    },
    async verify(password, hash) {
      counts.running += 1;
      counts.most = Math.max(counts.most, counts.running);
      counts.verified.push(hash);
      await new Promise<void>((resolve) => held.push(resolve));
      counts.running -= 1;
      return password === hash;
    },
  };
  const turns = async () => {
    for (let at = 0; at < 20; at += 1) await Promise.resolve();
  };
  return { hasher, counts, turns, releaseOne: () => held.shift()?.(), held };
}

test("no more than four passwords are verified at a time, and the next begins when one ends", async () => {
  const { hasher, counts, turns, releaseOne, held } = heldHasher();
  const check = new PasswordCheck(hasher);
  const answers = Array.from({ length: 10 }, () => check.matches("pw", "pw"));
  await turns();
  expect(counts.running).toBe(4);
  releaseOne();
  await turns();
  expect([counts.running, counts.verified.length]).toEqual([4, 5]);
  while (held.length > 0) {
    releaseOne();
    await turns();
  }
  expect(await Promise.all(answers)).toEqual(Array(10).fill(true));
  expect(counts.most).toBe(4);
});

test("when too many wait the next is refused at once, and there is room again when one ends", async () => {
  const { hasher, turns, releaseOne, held } = heldHasher();
  const check = new PasswordCheck(hasher, { maxRunning: 1, maxWaiting: 1 });
  const answers = [check.matches("pw", "pw"), check.matches("pw", "pw")];
  await turns();
  await expect(check.matches("pw", "pw")).rejects.toMatchObject({ code: "exhausted", reason: "PASSWORD_CHECKS_BUSY" });
  releaseOne();
  await turns();
  answers.push(check.matches("pw", "pw"));
  while (held.length > 0) {
    releaseOne();
    await turns();
  }
  expect(await Promise.all(answers)).toEqual([true, true, true]);
});

test("a password without a hash is verified too, against one that nobody knows, and never matches", async () => {
  const verified: string[] = [];
  const check = new PasswordCheck({
    hash: async () => "decoy",
    verify: async (_, hash) => {
      verified.push(hash);
      return true;
    },
  });
  expect(await check.matches("pw", undefined)).toBe(false);
  expect(await check.matches("pw", "known")).toBe(true);
  expect(verified).toEqual(["decoy", "known"]);
});

test("the hash of a password that nobody knows is made once, and again if that failed", async () => {
  let made = 0;
  const check = new PasswordCheck({
    hash: async () => {
      made += 1;
      if (made === 1) throw new Error("no memory");
      return "decoy";
    },
    verify: async () => false,
  });
  await expect(check.matches("pw", undefined)).rejects.toThrow("no memory");
  await check.matches("pw", "known");
  await check.matches("pw", undefined);
  expect(made).toBe(2);
});

test("a check that fails gives its place back", async () => {
  const check = new PasswordCheck({ hash: async () => "decoy", verify: () => Promise.reject(new Error("no PHC")) }, { maxRunning: 1 });
  for (let at = 0; at < 3; at += 1) await expect(check.matches("pw", "x")).rejects.toThrow("no PHC");
});

test("argon2id as Bun has it: verifying for an unknown user takes as long as for a known one", async () => {
  const cheap = { algorithm: "argon2id", memoryCost: 4096, timeCost: 2 } as const;
  const check = new PasswordCheck({
    hash: (password) => Bun.password.hash(password, cheap),
    verify: (password, hash) => Bun.password.verify(password, hash),
  });
  const hash = await Bun.password.hash("the right one", cheap);
  expect(await check.matches("the right one", hash)).toBe(true);
  expect(await check.matches("another one", hash)).toBe(false);
  const time = async (known: string | undefined) => {
    const runs: number[] = [];
    for (let at = 0; at < 9; at += 1) {
      const began = performance.now();
      await check.matches("guess", known);
      runs.push(performance.now() - began);
    }
    return Math.min(...runs);
  };
  const [known, unknown] = [await time(hash), await time(undefined)];
  // Without the work an unknown user would take a hundredth of the time.
  expect(unknown).toBeGreaterThan(known / 3);
  expect(unknown).toBeLessThan(known * 3);
});
