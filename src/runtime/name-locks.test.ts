import { expect, test } from "bun:test";
import { NameLocks } from "./name-locks.ts";

const options = { what: "wait", timeoutMs: 5000 };

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

test("calls for one name come one after another, those for others do not wait", async () => {
  const locks = new NameLocks();
  const order: string[] = [];
  const first = gate();
  const a = locks.run(["web"], options, async () => {
    order.push("a in");
    await first.promise;
    order.push("a out");
  });
  const b = locks.run(["web"], options, async () => void order.push("b"));
  await locks.run(["api"], options, async () => void order.push("other"));
  first.open();
  await Promise.all([a, b]);
  expect(order).toEqual(["a in", "other", "a out", "b"]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(locks.size).toBe(0);
});

test("who waits too long, or is aborted, does nothing and lets the next one have its turn", async () => {
  const locks = new NameLocks();
  const first = gate();
  const holder = locks.run(["web"], options, () => first.promise);
  let ran = 0;
  const act = async () => {
    ran += 1;
  };
  await expect(locks.run(["web"], { ...options, timeoutMs: 1 }, act)).rejects.toMatchObject({ reason: "RUNTIME_TIMEOUT" });
  const signal = AbortSignal.abort();
  await expect(locks.run(["web"], { ...options, signal }, act)).rejects.toMatchObject({ code: "canceled" });
  const last = locks.run(["web"], options, act);
  expect(ran).toBe(0);
  first.open();
  await Promise.all([holder, last]);
  expect(ran).toBe(1);
});

test("two names are taken in one go, whatever order they are named in", async () => {
  const locks = new NameLocks();
  const done = await Promise.all([
    locks.run(["a", "b"], options, async () => 1),
    locks.run(["b", "a"], options, async () => 2),
    locks.run(["a"], options, async () => 3),
  ]);
  expect(done).toEqual([1, 2, 3]);
});

test("a call that fails gives its name back", async () => {
  const locks = new NameLocks();
  await expect(locks.run(["web"], options, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await locks.run(["web"], options, async () => "next")).toBe("next");
});
