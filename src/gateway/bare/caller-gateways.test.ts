import { expect, test } from "bun:test";
import type { Gateway } from "../gateway.ts";
import { type GatewayVitals, NO_VITALS, type ServerVitals } from "../metrics/gateway-vitals.ts";
import { CallerGateways } from "./caller-gateways.ts";

interface Played {
  readonly gateway: Gateway;
  /** Whether a call of a session is in flight. */
  busy: boolean;
  vitals: GatewayVitals;
  closed: boolean;
}

function play(): Played {
  const held = function* () {
    if (played.busy) yield { idle: false };
  };
  const close = async () => {
    played.closed = true;
  };
  const gateway = { pipeline: { sessions: { held } }, close, vitals: () => played.vitals } as unknown as Gateway;
  const played: Played = { gateway, busy: false, vitals: NO_VITALS, closed: false };
  return played;
}

function setup({ maxOpen = 10, idleMs = 1000 } = {}) {
  const time = { ms: 0 };
  const failures: unknown[] = [];
  const gateways = new CallerGateways({ maxOpen, idleMs, monotonicNow: () => time.ms, onFailure: (thrown) => failures.push(thrown) });
  const open = async (hash: string, project = "demo") => {
    const played = play();
    await gateways.get({ hash, project }, async () => played.gateway);
    return played;
  };
  return { gateways, time, failures, open };
}

const never = (): Promise<Gateway> => Promise.reject(new Error("opened once more"));
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("requests of one caller that come at once share one gateway, and other callers and projects have others", async () => {
  const { gateways, open } = setup();
  const opening = Promise.withResolvers<Gateway>();
  const key = { hash: "a", project: "demo" };
  const both = [gateways.get(key, () => opening.promise), gateways.get(key, never)];
  const { gateway } = play();
  opening.resolve(gateway);
  expect(await Promise.all(both)).toEqual([gateway, gateway]);
  await open("a", "other");
  await open("b");
  expect(gateways.size).toBe(3);
  await gateways.close();
});

test("one that could not be opened is tried anew by the next request", async () => {
  const { gateways, open } = setup();
  await expect(gateways.get({ hash: "a", project: "demo" }, never)).rejects.toThrow("opened once more");
  await settled();
  expect(gateways.size).toBe(0);
  await open("a");
  await gateways.close();
});

test("more than the bound are never kept: the one used longest ago goes first, unless it is in use", async () => {
  const { gateways, open } = setup({ maxOpen: 2 });
  const [first, second] = [await open("a"), await open("b")];
  await settled();
  first.busy = true;
  const third = await open("c");
  await settled();
  expect([first.closed, second.closed, third.closed]).toEqual([false, true, false]);
  third.busy = true;
  await open("d");
  await settled();
  expect([first.closed, third.closed]).toEqual([true, false]);
  expect(gateways.size).toBe(2);
  await gateways.close();
});

test("one that nobody used for a while is closed, unless a call of it is in flight", async () => {
  const { gateways, time, open } = setup({ idleMs: 1000 });
  const [quiet, calling] = [await open("a"), await open("b")];
  calling.busy = true;
  time.ms = 999;
  gateways.sweep();
  await settled();
  expect(quiet.closed).toBe(false);
  time.ms = 1000;
  gateways.sweep();
  await settled();
  expect([quiet.closed, calling.closed]).toEqual([true, false]);
  await gateways.close();
  expect(calling.closed).toBe(true);
});

test("what clients without a session have open keeps it too: calls on their way or parked, and streams of changes", async () => {
  const { gateways, time, open } = setup({ idleMs: 1000 });
  const calling: ServerVitals = { handle: "one", state: "ready", cause: undefined, callsInFlight: 1, stale: false, catalogAgeMs: 0 };
  const uses: Partial<GatewayVitals>[] = [{ servers: [calling] }, { callsParked: 1 }, { streamsOpen: { legacy: 0, modern: 1 } }];
  const used = await Promise.all(uses.map((_, at) => open(String(at))));
  for (const [at, use] of uses.entries()) Object.assign(used[at] ?? {}, { vitals: { ...NO_VITALS, ...use } });
  time.ms = 1000;
  gateways.sweep();
  await settled();
  expect(used.map(({ closed }) => closed)).toEqual([false, false, false]);
  for (const played of used) played.vitals = NO_VITALS;
  gateways.sweep();
  await settled();
  expect(used.map(({ closed }) => closed)).toEqual([true, true, true]);
  await gateways.close();
});

test("all gateways of a credential go with it, also one that is still opening", async () => {
  const { gateways, open } = setup();
  const [one, other, stranger] = [await open("a"), await open("a", "other"), await open("b")];
  const late = play();
  const opening = Promise.withResolvers<Gateway>();
  const waiting = gateways.get({ hash: "a", project: "third" }, () => opening.promise);
  gateways.drop({ hash: "a" });
  opening.resolve(late.gateway);
  await waiting;
  await settled();
  expect([one.closed, other.closed, late.closed, stranger.closed]).toEqual([true, true, true, false]);
  await gateways.close();
});

test("a gateway that cannot be closed is told of and holds up nothing", async () => {
  const { gateways, failures } = setup();
  const broken = { ...play().gateway, close: () => Promise.reject(new Error("stuck")) };
  await gateways.get({ hash: "a", project: "demo" }, async () => broken);
  await gateways.close();
  expect(failures).toHaveLength(1);
});
