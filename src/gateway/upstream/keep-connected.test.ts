import { expect, test } from "bun:test";
import { type Connection, type ConnectionKeeper, keepConnected } from "./keep-connected.ts";
import { upstreamUnavailable } from "./upstream-errors.ts";

const INITIALIZED = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} };
const NEVER_MS = 3600_000;

interface Life extends Connection {
  readonly number: number;
  end(reason: string): void;
}

/** A keeper whose tries a test lets succeed or fail one by one. */
function setup({ firstMs = 0, stableAfterMs = NEVER_MS } = {}) {
  const tries: { succeed(): Life; fail(error: unknown): void; signal: AbortSignal }[] = [];
  const log: string[] = [];
  const keeper: ConnectionKeeper<Life> = keepConnected({
    handle: "one",
    backoff: { firstMs, maxMs: firstMs },
    stableAfterMs,
    onReady: ({ number }) => log.push(`ready ${number}`),
    onLost: (reason) => log.push(`lost: ${reason}`),
    connect: (signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<Life>();
      const number = tries.length + 1;
      const succeed = () => {
        const ended = Promise.withResolvers<string>();
        const close = async () => {
          log.push(`closed ${number}`);
          ended.resolve("it is stopped");
        };
        const life: Life = { number, initialized: INITIALIZED, closed: ended.promise, close, end: ended.resolve };
        resolve(life);
        return life;
      };
      signal.addEventListener("abort", () => reject(signal.reason));
      tries.push({ succeed, fail: reject, signal });
      return promise;
    },
  });
  return { keeper, tries, log };
}

const idle = () => new Promise((resolve) => setImmediate(resolve));

/** Waits for the try of this number, counted from 0; back-offs of no time still take a timer. */
async function nth<T>(tries: readonly T[], index: number): Promise<T> {
  for (;;) {
    const found = tries[index];
    if (found !== undefined) return found;
    await Bun.sleep(0);
  }
}

test("nothing is tried before it is wanted, and wanting it twice tries once", async () => {
  const { keeper, tries } = setup();
  expect(keeper.status()).toEqual({ state: "stopped" });
  const [one, two] = [keeper.current(), keeper.current()];
  keeper.start();
  expect(tries).toHaveLength(1);
  expect(keeper.status()).toEqual({ state: "starting" });
  const life = tries[0]?.succeed();
  expect(await one).toBe(life as Life);
  expect(await two).toBe(life as Life);
  expect(keeper.status()).toEqual({ state: "ready" });
  expect(keeper.peek()).toBe(life as Life);
  await keeper.close();
});

test("a life that ends is followed by another one at once, and the loss is told", async () => {
  const { keeper, tries, log } = setup({ firstMs: NEVER_MS });
  keeper.start();
  const life = tries[0]?.succeed();
  await idle();
  life?.end("it exited with code 1");
  (await nth(tries, 1)).succeed();
  await idle();
  expect(log).toEqual(["ready 1", "lost: it exited with code 1", "ready 2"]);
  await keeper.close();
});

test("a second failure in a row waits, says why, and refuses callers at once", async () => {
  const { keeper, tries } = setup({ firstMs: NEVER_MS });
  keeper.start();
  tries[0]?.fail(upstreamUnavailable("one", "first"));
  (await nth(tries, 1)).fail(upstreamUnavailable("one", "second"));
  await idle();
  expect(keeper.status()).toEqual({ state: "failed", reason: "Server one is not available: second", cause: "UPSTREAM_UNAVAILABLE" });
  await expect(keeper.current()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE", message: expect.stringContaining("second") });
  expect(keeper.peek()).toBeUndefined();
  expect(tries).toHaveLength(2);
  await keeper.close();
});

test("while a try that follows a failed one is under way callers are refused at once; after a loss they wait for it", async () => {
  const { keeper, tries } = setup();
  keeper.start();
  tries[0]?.fail(upstreamUnavailable("one", "it did not answer"));
  const second = await nth(tries, 1);
  expect(keeper.status()).toMatchObject({ state: "failed", reason: "Server one is not available: it did not answer" });
  await expect(keeper.current()).rejects.toMatchObject({
    reason: "UPSTREAM_UNAVAILABLE",
    message: expect.stringContaining("it did not answer"),
  });
  const life = second.succeed();
  await idle();
  expect(keeper.status()).toEqual({ state: "ready" });
  life.end("it exited");
  const third = await nth(tries, 2);
  expect(keeper.status()).toEqual({ state: "starting" });
  const waiting = keeper.current();
  const next = third.succeed();
  expect(await waiting).toBe(next);
  await keeper.close();
});

test("it keeps trying until it succeeds", async () => {
  const { keeper, tries, log } = setup();
  keeper.start();
  for (let attempt = 0; attempt < 5; attempt += 1) (await nth(tries, attempt)).fail(upstreamUnavailable("one", `try ${attempt}`));
  (await nth(tries, 5)).succeed();
  await idle();
  expect(log.at(-1)).toBe("ready 6");
  await keeper.close();
});

test("a life that lasted starts the back-off anew, a short one does not", async () => {
  for (const [stableAfterMs, tried] of [
    [0, 4],
    [NEVER_MS, 2],
  ] as const) {
    const { keeper, tries, log } = setup({ firstMs: NEVER_MS, stableAfterMs });
    keeper.start();
    for (let life = 0; life < tried; life += 1) {
      const { succeed } = await nth(tries, life);
      const { end } = succeed();
      await idle();
      if (life + 1 < tried || stableAfterMs === NEVER_MS) end("over");
    }
    await idle();
    expect(tries).toHaveLength(tried);
    expect(keeper.status().state).toBe(stableAfterMs === NEVER_MS ? "failed" : "ready");
    expect(log.filter((line) => line.startsWith("ready"))).toHaveLength(tried);
    await keeper.close();
  }
});

test("an unknown failure does not show its words to callers", async () => {
  const { keeper, tries } = setup({ firstMs: NEVER_MS });
  keeper.start();
  tries[0]?.fail(new TypeError("secret detail"));
  (await nth(tries, 1)).fail(new TypeError("secret detail"));
  await idle();
  expect(keeper.status()).toMatchObject({ state: "failed", reason: expect.not.stringContaining("secret") });
  await keeper.close();
});

test("close ends a life, a try and a wait, and nothing follows", async () => {
  const living = setup();
  living.keeper.start();
  living.tries[0]?.succeed();
  await idle();
  await living.keeper.close();
  expect(living.log).toEqual(["ready 1", "closed 1"]);

  const trying = setup();
  const waiting = trying.keeper.current();
  await Promise.all([trying.keeper.close(), expect(waiting).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" })]);
  expect(trying.log).toEqual([]);

  const failed = setup({ firstMs: NEVER_MS });
  failed.keeper.start();
  failed.tries[0]?.fail(new Error("first"));
  (await nth(failed.tries, 1)).fail(new Error("second"));
  await idle();
  await failed.keeper.close();

  for (const { keeper, tries } of [living, trying, failed]) {
    const before = tries.length;
    keeper.start();
    await idle();
    expect(tries.length).toBe(before);
    expect(keeper.status()).toEqual({ state: "stopped" });
    await expect(keeper.current()).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  }
});

test("a life that comes while it closes is ended too", async () => {
  const { keeper, tries, log } = setup();
  keeper.start();
  tries[0]?.succeed();
  await keeper.close();
  expect(log).toEqual(["closed 1"]);
});
