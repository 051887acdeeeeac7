import { expect, test } from "bun:test";
import type { Grant } from "../../api/grant.ts";
import { GrantCache } from "./grant-cache.ts";

const grant: Grant = { principal: { kind: "user", id: "usr_1", name: "ann" }, bindings: [], scopes: [] };

function setup(answer: (credential: string) => Promise<Grant | undefined>) {
  const time = { ms: 1_000_000 };
  const asked: string[] = [];
  const cache = new GrantCache({
    introspect: (credential) => {
      asked.push(credential);
      return answer(credential);
    },
    clock: { now: () => new Date(time.ms) },
    positiveTtlMs: 30_000,
    negativeTtlMs: 5000,
    maxEntries: 3,
  });
  const ask = (credential: string) => cache.ask(`hash of ${credential}`, credential);
  const known = (credential: string) => cache.known(`hash of ${credential}`);
  return { cache, time, asked, ask, known };
}

test("a good answer serves for 30 s and a bad one for 5 s", async () => {
  const { ask, known, time } = setup(async (credential) => (credential === "good" ? grant : undefined));
  expect(known("good")).toBe("ask");
  expect((await ask("good"))?.principal).toBe(grant.principal);
  expect(await ask("bad")).toBeUndefined();
  time.ms += 4999;
  expect([known("good"), known("bad")]).toEqual([expect.objectContaining({ principal: grant.principal }), undefined]);
  time.ms += 1;
  expect([known("good"), known("bad")]).toEqual([expect.objectContaining({ principal: grant.principal }), "ask"]);
  time.ms += 25_000;
  expect(known("good")).toBe("ask");
});

test("rights are compiled once for all requests that an answer serves", async () => {
  const { ask, known } = setup(async () => grant);
  const caller = await ask("a");
  expect(caller).toBeDefined();
  expect([known("a"), known("a")]).toEqual([caller, caller]);
  expect(known("a")).toBe(caller as NonNullable<typeof caller>);
});

test("callers at the same moment share one question", async () => {
  const { ask, asked } = setup(async () => grant);
  await Promise.all([ask("a"), ask("a"), ask("a")]);
  expect(asked).toEqual(["a"]);
});

test("a failure reaches the caller and is not kept", async () => {
  let fail = true;
  const { ask, known } = setup(async () => {
    if (fail) throw new Error("down");
    return grant;
  });
  await expect(ask("a")).rejects.toThrow("down");
  expect(known("a")).toBe("ask");
  fail = false;
  expect(await ask("a")).toBeDefined();
});

test("a grant that expires while its answer is kept opens nothing from then on", async () => {
  const { ask, known, time } = setup(async () => ({ ...grant, expiresAt: new Date(time.ms + 1000).toISOString() }));
  expect(await ask("a")).toBeDefined();
  time.ms += 1000;
  expect(known("a")).toBeUndefined();
});

test("an expiry that is no instant opens nothing", async () => {
  const { ask } = setup(async () => ({ ...grant, expiresAt: "never" }));
  expect(await ask("a")).toBeUndefined();
});

test("it never keeps more than its bound", async () => {
  const { ask, known } = setup(async () => grant);
  for (const credential of ["a", "b", "c", "d"]) await ask(credential);
  expect([known("a"), known("d")]).toEqual(["ask", expect.objectContaining({ principal: grant.principal })]);
});

test("credentials that open nothing push out none that do", async () => {
  const { ask, known } = setup(async (credential) => (credential === "good" ? grant : undefined));
  await ask("good");
  for (let guess = 0; guess < 10; guess += 1) await ask(`guess ${guess}`);
  expect(known("good")).toMatchObject({ principal: grant.principal });
  expect([known("guess 0"), known("guess 9")]).toEqual(["ask", undefined]);
});

test("what is dropped is asked for again, one of them or all", async () => {
  const { cache, ask, known } = setup(async () => grant);
  for (const credential of ["a", "b"]) await ask(credential);
  cache.drop("hash of a");
  expect([known("a"), known("b")]).toEqual(["ask", expect.objectContaining({ principal: grant.principal })]);
  cache.drop();
  expect(known("b")).toBe("ask");
});

test("an answer whose question was asked before a drop is not kept, and nobody who comes after joins it", async () => {
  const answers: ((grant: Grant | undefined) => void)[] = [];
  const { cache, ask, asked, known } = setup(() => new Promise((resolve) => answers.push(resolve)));
  const early = ask("a");
  cache.drop();
  const late = ask("a");
  expect(asked).toEqual(["a", "a"]);
  answers[0]?.(grant);
  expect(await early).toBeDefined();
  expect(known("a")).toBe("ask");
  answers[1]?.(undefined);
  expect(await late).toBeUndefined();
  expect(known("a")).toBeUndefined();
});

test("a drop of one credential keeps no answer about another that was under way either", async () => {
  const answers: ((grant: Grant | undefined) => void)[] = [];
  const { cache, ask, known } = setup(() => new Promise((resolve) => answers.push(resolve)));
  const early = ask("a");
  cache.drop("hash of b");
  answers[0]?.(grant);
  await early;
  expect(known("a")).toBe("ask");
});
