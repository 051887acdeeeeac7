import { expect, test } from "bun:test";
import { type CallLimiter, PASS } from "./call-limiter.ts";
import { decidedLimiter } from "./decided-limiter.ts";

function setup(take: CallLimiter["take"], onStoreFailure: "open" | "closed", timeoutMs = 10_000) {
  const failures: unknown[] = [];
  const limiter = decidedLimiter({ limiter: { take }, timeoutMs, onStoreFailure, onLimiterUnavailable: (error) => failures.push(error) });
  return { limiter, failures };
}

test("what the limiter behind it decides, holds", async () => {
  const { limiter, failures } = setup((key) => (key === "a" ? { allowed: true } : { allowed: false, retryAfterS: 7 }), "closed");
  expect(await limiter.take("a", 1)).toEqual({ allowed: true });
  expect(await limiter.take("b", 1)).toEqual({ allowed: false, retryAfterS: 7 });
  expect(failures).toEqual([]);
});

test("one that throws at once is a store that is away, too", async () => {
  const { limiter, failures } = setup(() => {
    throw new Error("gone");
  }, "open");
  expect(await limiter.take("a", 1)).toEqual({ allowed: true });
  expect(failures).toHaveLength(1);
});

test("one that does not answer in time is held to it", async () => {
  const { limiter, failures } = setup(() => new Promise(() => {}), "closed", 1);
  expect(await limiter.take("a", 1)).toEqual({ allowed: false, retryAfterS: 1, undecided: true });
  expect(failures[0]).toMatchObject({ reason: "LIMITER_TIMEOUT" });
});

test("a thread that was busy for longer than the time hears the answer that came meanwhile", async () => {
  const store = Bun.spawn(["cat"], { stdin: "pipe", stdout: "pipe" });
  try {
    const answers = store.stdout.getReader();
    const ask = async () => {
      store.stdin.write("?");
      await store.stdin.flush();
      await answers.read();
      return PASS;
    };
    await ask();
    const { limiter, failures } = setup(ask, "closed", 20);
    const decision = limiter.take("a", 1);
    await Promise.resolve();
    Bun.sleepSync(200);
    expect([await decision, failures]).toEqual([{ allowed: true }, []]);
  } finally {
    store.kill();
    await store.exited;
  }
});
