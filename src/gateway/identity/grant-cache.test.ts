import { expect, test } from "bun:test";
import type { Grant } from "../control-plane.ts";
import { GrantCache } from "./grant-cache.ts";

const grant: Grant = { principal: { kind: "token", id: "tok_1", name: "n", project: "demo" }, expiresAt: undefined };

function setup(answer: (hash: string) => Promise<Grant | undefined>) {
  const time = { ms: 1_000_000 };
  const asked: string[] = [];
  const cache = new GrantCache({
    introspect: (hash) => {
      asked.push(hash);
      return answer(hash);
    },
    clock: { now: () => new Date(time.ms) },
    positiveTtlMs: 30_000,
    negativeTtlMs: 5000,
    maxEntries: 3,
  });
  return { cache, time, asked };
}

test("a good answer serves for 30 s and a bad one for 5 s", async () => {
  const { cache, time } = setup(async (hash) => (hash === "good" ? grant : undefined));
  expect(cache.known("good")).toBe("ask");
  expect(await cache.ask("good")).toBe(grant);
  expect(await cache.ask("bad")).toBeUndefined();
  time.ms += 4999;
  expect([cache.known("good"), cache.known("bad")]).toEqual([grant, undefined]);
  time.ms += 1;
  expect([cache.known("good"), cache.known("bad")]).toEqual([grant, "ask"]);
  time.ms += 25_000;
  expect(cache.known("good")).toBe("ask");
});

test("callers at the same moment share one question", async () => {
  const { cache, asked } = setup(async () => grant);
  await Promise.all([cache.ask("a"), cache.ask("a"), cache.ask("a")]);
  expect(asked).toEqual(["a"]);
});

test("a failure reaches the caller and is not kept", async () => {
  let fail = true;
  const { cache } = setup(async () => {
    if (fail) throw new Error("down");
    return grant;
  });
  await expect(cache.ask("a")).rejects.toThrow("down");
  expect(cache.known("a")).toBe("ask");
  fail = false;
  expect(await cache.ask("a")).toBe(grant);
});

test("a grant that expires while its answer is kept opens nothing from then on", async () => {
  const { cache, time } = setup(async () => ({ ...grant, expiresAt: new Date(time.ms + 1000) }));
  expect(await cache.ask("a")).toBeDefined();
  time.ms += 1000;
  expect(cache.known("a")).toBeUndefined();
});

test("it never keeps more than its bound", async () => {
  const { cache } = setup(async () => grant);
  for (const hash of ["a", "b", "c", "d"]) await cache.ask(hash);
  expect([cache.known("a"), cache.known("d")]).toEqual(["ask", grant]);
});
