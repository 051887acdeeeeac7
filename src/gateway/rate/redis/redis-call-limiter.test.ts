import { afterAll, beforeAll, expect } from "bun:test";
import { NO_REDIS, REDIS_PROGRAM, type RedisServer, startRedis } from "../../../../test/support/redis-server.ts";
import { requires } from "../../../../test/support/requires.ts";
import { callLimiterContract } from "../call-limiter.contract.ts";
import { decidedLimiter } from "../decided-limiter.ts";
import { RedisCallLimiter } from "./redis-call-limiter.ts";

const testWithRedis = requires(REDIS_PROGRAM !== null, NO_REDIS);
const monotonicNow = () => performance.now();
const DEADLINE_MS = 20_000;

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (REDIS_PROGRAM !== null) redis = await startRedis();
});
afterAll(() => redis?.stop());

async function open(url = redis?.url ?? "", windowMs = 60_000): Promise<RedisCallLimiter> {
  const limiter = new RedisCallLimiter({ url, connectTimeoutMs: 2000, monotonicNow, windowMs });
  await limiter.connect();
  return limiter;
}

async function flush(): Promise<void> {
  const client = new Bun.RedisClient(redis?.url ?? "");
  await client.send("FLUSHALL", []);
  client.close();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error("it did not come to that");
    await Bun.sleep(20);
  }
}

if (REDIS_PROGRAM === null) testWithRedis("every test of the contract", () => {});
else {
  callLimiterContract("Redis", async (run) => {
    await flush();
    const limiter = await open(redis?.url, 2000);
    await run({ limiter, windowMs: 2000, wait: () => Bun.sleep(20) }).finally(() => limiter.close());
  });
}

testWithRedis("several processes count together", async () => {
  await flush();
  const [one, other] = [await open(), await open()];
  try {
    const verdicts = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? one : other).take("shared", 5)));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(5);
    expect(await other.take("shared", 5)).toMatchObject({ allowed: false });
  } finally {
    one.close();
    other.close();
  }
});

testWithRedis("while its store is away a limiter rejects at once, and counts again when it is back", async () => {
  const own = await startRedis();
  const limiter = await open(own.url);
  const refusedFor = async () => {
    const error = await Promise.resolve(limiter.take("a", 5)).catch((thrown: unknown) => thrown);
    return (error as { reason?: string }).reason;
  };
  try {
    expect(await limiter.take("a", 5)).toEqual({ allowed: true });
    await own.stop();
    await until(async () => (await refusedFor()) === "LIMITER_STORE_AWAY");
    const again = await startRedis(own.port);
    try {
      await until(async () => (await refusedFor()) === undefined);
    } finally {
      await again.stop();
    }
  } finally {
    limiter.close();
  }
});

testWithRedis("with a store that is away calls pass or are refused, as it was chosen, and each is told to who counts that", async () => {
  const limiter = await open("redis://127.0.0.1:1");
  const failures: unknown[] = [];
  const decided = (onStoreFailure: "open" | "closed") =>
    decidedLimiter({ limiter, timeoutMs: 1000, onStoreFailure, onLimiterUnavailable: (error) => failures.push(error) });
  try {
    expect(await decided("open").take("a", 1)).toEqual({ allowed: true });
    expect(await decided("open").take("a", 1)).toEqual({ allowed: true });
    expect(await decided("closed").take("a", 1)).toEqual({ allowed: false, retryAfterS: 1, undecided: true });
    expect(failures).toHaveLength(3);
    expect(failures[0]).toMatchObject({ reason: "LIMITER_STORE_AWAY" });
  } finally {
    limiter.close();
  }
});
