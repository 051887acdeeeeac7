import { expect, test } from "bun:test";
import { type DrainOptions, type Listener, parkedAt, untilIdle } from "./drain.ts";

/** A listener with so many requests in flight at each look; after the last one it stays as it is. */
function listener(...pending: readonly number[]): Listener {
  const looks = [...pending];
  return {
    get pendingRequests() {
      return (looks.length > 1 ? looks.shift() : looks[0]) ?? 0;
    },
    stop: async () => {},
  };
}

function options(change: Partial<DrainOptions> = {}): DrainOptions & { readonly told: number[] } {
  const told: number[] = [];
  let now = 0;
  const monotonicNow = () => {
    now += 10;
    return now;
  };
  return {
    limitMs: 60_000,
    cutShort: new AbortController().signal,
    monotonicNow,
    onWait: (pending) => told.push(pending),
    told,
    ...change,
  };
}

test("where nothing is in flight nobody is told and nothing is waited for", async () => {
  const how = options();
  await untilIdle([listener(0), listener(0)], how);
  expect(how.told).toEqual([]);
});

test("it waits until no listener has anything in flight, and says once how many there were", async () => {
  const one = listener(2, 2, 2, 1, 0);
  const how = options();
  await untilIdle([one, listener(1, 1, 1, 1, 0)], how);
  expect(how.told).toEqual([3]);
  expect(one.pendingRequests).toBe(0);
});

test("calls that wait for their client are waited for like requests in flight; where there is no gateway there are none", async () => {
  const looks = [1, 1, 1, 0];
  const how = options();
  await untilIdle([listener(0), parkedAt({ parkedCalls: () => looks.shift() ?? 0 })], how);
  expect(how.told).toEqual([1]);
  expect(looks).toEqual([]);
  expect(parkedAt(undefined).pendingRequests).toBe(0);
});

test("what never ends is waited for no longer than the limit", async () => {
  const how = options({ limitMs: 30 });
  await untilIdle([listener(1)], how);
  expect(how.told).toEqual([1]);
});

test("a limit of zero waits for nothing", async () => {
  const how = options({ limitMs: 0 });
  await untilIdle([listener(1)], how);
  expect(how.told).toEqual([]);
});

test("a second signal ends the wait", async () => {
  const again = new AbortController();
  const how = options({ cutShort: again.signal, onWait: () => again.abort() });
  await untilIdle([listener(1)], how);
  expect(again.signal.aborted).toBe(true);
});
