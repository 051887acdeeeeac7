import { afterAll, beforeAll, expect } from "bun:test";
import { NO_REDIS, REDIS_PROGRAM, type RedisServer, startRedis } from "../../../../test/support/redis-server.ts";
import { requires } from "../../../../test/support/requires.ts";
import type { Keyring } from "../../session/sealed-id.ts";
import { replicaLinkContract } from "../replica-link.contract.ts";
import { openRedisLink } from "./redis-link.ts";

const keyring = (byte: number): Keyring => ({ current: { number: 1, key: new Uint8Array(32).fill(byte) }, previous: [] });
const testWithRedis = requires(REDIS_PROGRAM !== null, NO_REDIS);
const MESSAGE = { kind: "retry", target: "x", principalId: "user:1", message: '{"secret":"of the caller"}' } as const;

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (REDIS_PROGRAM !== null) redis = await startRedis();
});
afterAll(() => redis?.stop());

const open = (self: string, byte = 7, failures: unknown[] = []) =>
  openRedisLink({
    self,
    url: redis?.url ?? "",
    keyring: keyring(byte),
    timeoutMs: 300,
    connectTimeoutMs: 2000,
    onFailure: (error) => failures.push(error),
  });

if (REDIS_PROGRAM !== null) replicaLinkContract("Redis", (self) => open(self));
else testWithRedis("every test of the contract", () => {});

testWithRedis("a replica with other keys hears nothing and can say nothing", async () => {
  const [one, stranger] = [await open("aaaaaaaa"), await open("bbbbbbbb", 8)];
  const heard: unknown[] = [];
  for (const link of [one, stranger]) {
    link.receive(async (message) => {
      heard.push(message);
      return { held: true };
    });
  }
  expect(await one.send("bbbbbbbb", MESSAGE)).toBeUndefined();
  expect(await stranger.send("aaaaaaaa", MESSAGE)).toBeUndefined();
  expect(heard).toEqual([]);
  await Promise.all([one.close(), stranger.close()]);
});

testWithRedis("what passes through the store does not show what the caller said", async () => {
  const [one, other] = [await open("aaaaaaaa"), await open("bbbbbbbb")];
  const { RedisClient } = await import("bun");
  const spy = new RedisClient(redis?.url ?? "");
  const seen: string[] = [];
  await spy.connect();
  await spy.subscribe("mcpctl:link:bbbbbbbb", (text) => seen.push(text));
  other.receive(async () => ({ held: true }));
  expect(await one.send("bbbbbbbb", MESSAGE)).toEqual({ held: true });
  while (seen.length === 0) await Bun.sleep(1);
  expect(seen.join()).not.toContain("secret");
  expect(Buffer.from(seen.join(), "base64url").toString("latin1")).not.toContain("secret");
  spy.close();
  await Promise.all([one.close(), other.close()]);
});

testWithRedis("a store that goes away makes others unreachable and is said to be so; nothing throws", async () => {
  const own = await startRedis();
  const failures: unknown[] = [];
  const link = await openRedisLink({
    self: "aaaaaaaa",
    url: own.url,
    keyring: keyring(7),
    timeoutMs: 300,
    connectTimeoutMs: 2000,
    onFailure: (error) => failures.push(error),
  });
  await own.stop();
  expect(await link.send("bbbbbbbb", MESSAGE)).toBeUndefined();
  link.tell({ ...MESSAGE, kind: "ended" });
  await link.close();
  expect(failures.length).toBeGreaterThanOrEqual(1);
});

testWithRedis("a store that cannot be reached is an error at once", async () => {
  const own = await startRedis();
  await own.stop();
  const opening = openRedisLink({
    self: "aaaaaaaa",
    url: own.url,
    keyring: keyring(7),
    timeoutMs: 300,
    connectTimeoutMs: 100,
    onFailure: () => {},
  });
  await expect(opening).rejects.toThrow();
});

testWithRedis(
  "a store that comes back carries messages again",
  async () => {
    const own = await startRedis();
    const make = (self: string) =>
      openRedisLink({ self, url: own.url, keyring: keyring(7), timeoutMs: 300, connectTimeoutMs: 2000, onFailure: () => {} });
    const [one, other] = [await make("aaaaaaaa"), await make("bbbbbbbb")];
    other.receive(async () => ({ held: true }));
    expect(await one.send("bbbbbbbb", MESSAGE)).toEqual({ held: true });
    await own.stop();
    expect(await one.send("bbbbbbbb", MESSAGE)).toBeUndefined();
    const back = await startRedis(own.port);
    const until = performance.now() + 10_000;
    while ((await one.send("bbbbbbbb", MESSAGE)) === undefined && performance.now() < until) await Bun.sleep(50);
    expect(await one.send("bbbbbbbb", MESSAGE)).toEqual({ held: true });
    await Promise.all([one.close(), other.close()]);
    await back.stop();
  },
  15_000,
);
