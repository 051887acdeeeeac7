import { expect, test } from "bun:test";
import { GuessLimit } from "./guess-limit.ts";

function setup(maxAddresses = 10) {
  const time = { ms: 0 };
  const limit = new GuessLimit({ perMinute: 2, maxAddresses, monotonicNow: () => time.ms });
  const asked: string[] = [];
  const guess = (address: string, found?: string) =>
    limit.guard(address, async () => {
      asked.push(address);
      return found;
    });
  return { time, asked, guess };
}

const exhausted = expect.objectContaining({ code: "exhausted", reason: "CREDENTIAL_GUESSES_EXHAUSTED" });

test("an address that guesses too often is not asked about any more until the next minute, and others are", async () => {
  const { time, asked, guess } = setup();
  await guess("a");
  await guess("a");
  await expect(guess("a", "good")).rejects.toEqual(exhausted);
  expect(await guess("b", "good")).toBe("good");
  time.ms = 60_000;
  expect(await guess("a", "good")).toBe("good");
  expect(asked).toEqual(["a", "a", "b", "a"]);
});

test("credentials that open something count for nothing", async () => {
  const { guess } = setup();
  for (let times = 0; times < 5; times += 1) expect(await guess("a", "good")).toBe("good");
});

test("no more addresses than the bound are counted", async () => {
  const { guess } = setup(1);
  await guess("a");
  await guess("a");
  await guess("b");
  expect(await guess("a")).toBeUndefined();
});
