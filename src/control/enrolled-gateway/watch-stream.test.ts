import { expect, test } from "bun:test";
import type { FeedEvent } from "../../api/feed-event.ts";
import { type WatchOptions, watchStream } from "./watch-stream.ts";

const GATEWAY = "gw_1";
const project = (revision: number): FeedEvent => ({ revision, touched: [{ kind: "projects", ref: `prj_${revision}` }] });

function setup(options: Partial<WatchOptions> = {}) {
  const listeners = new Set<(event: FeedEvent) => void>();
  const revision = Promise.withResolvers<number>();
  const stopping = new AbortController();
  const feed: WatchOptions["feed"] = {
    revision: () => revision.promise,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const stream = watchStream({
    feed,
    gatewayId: GATEWAY,
    isEnrolled: async () => true,
    stopping: stopping.signal,
    heartbeatMs: 3_600_000,
    ...options,
  });
  const reader = stream.getReader();
  const next = async () => {
    const { value, done } = await reader.read();
    return done ? "end" : new TextDecoder().decode(value);
  };
  const announce = (event: FeedEvent) => {
    for (const listener of [...listeners]) listener(event);
  };
  return { listeners, open: revision.resolve, fail: revision.reject, stopping, reader, next, announce };
}

const told = (event: FeedEvent) => `data: ${JSON.stringify(event)}\n\n`;

test("the first event says the revision now, and each later one follows once, in order", async () => {
  const { open, next, announce } = setup();
  open(4);
  expect(await next()).toBe(told({ revision: 4, touched: [] }));
  announce(project(4));
  announce(project(5));
  announce(project(6));
  expect([await next(), await next()]).toEqual([told(project(5)), told(project(6))]);
});

test("what is committed while it opens comes after the revision, and what the revision holds does not", async () => {
  const { open, next, announce } = setup();
  announce(project(4));
  announce(project(5));
  open(4);
  expect([await next(), await next()]).toEqual([told({ revision: 4, touched: [] }), told(project(5))]);
});

test("the end of its own gateway is told and ends it; that of another does not", async () => {
  const { open, next, announce, listeners } = setup();
  open(0);
  await next();
  const other: FeedEvent = { revision: 1, touched: [{ kind: "gateways", ref: "gw_2" }] };
  const own: FeedEvent = { revision: 2, touched: [{ kind: "gateways", ref: GATEWAY }] };
  announce(other);
  announce(own);
  expect([await next(), await next(), await next()]).toEqual([told(other), told(own), "end"]);
  expect(listeners.size).toBe(0);
});

test("a gateway that was deleted while it opens hears nothing", async () => {
  const { open, next, listeners } = setup({ isEnrolled: async () => false });
  open(3);
  expect(await next()).toBe("end");
  expect(listeners.size).toBe(0);
});

test("a gap in the feed ends it, so that the gateway begins again", async () => {
  const { open, next, announce, listeners } = setup();
  open(0);
  await next();
  announce(project(2));
  expect(await next()).toBe("end");
  expect(listeners.size).toBe(0);
});

test("a feed that cannot say its revision ends it", async () => {
  const { fail, next, listeners } = setup();
  fail(new Error("no database"));
  expect(await next()).toBe("end");
  expect(listeners.size).toBe(0);
});

test("a server that stops ends it, open or opening, and one that has stopped opens none", async () => {
  for (const isOpen of [true, false]) {
    const { open, next, stopping, listeners } = setup();
    if (isOpen) {
      open(0);
      await next();
    }
    stopping.abort();
    expect(await next()).toBe("end");
    expect(listeners.size).toBe(0);
  }
  const { next, listeners } = setup({ stopping: AbortSignal.abort() });
  expect(await next()).toBe("end");
  expect(listeners.size).toBe(0);
});

test("a reader that goes leaves nothing behind", async () => {
  const { open, next, reader, listeners, announce } = setup();
  open(0);
  await next();
  await reader.cancel();
  expect(listeners.size).toBe(0);
  announce(project(1));
});

test("a reader that does not keep up is disconnected, also while it opens", async () => {
  const { open, next, announce, listeners } = setup();
  open(0);
  await next();
  for (let revision = 1; revision <= 2000; revision += 1) announce(project(revision));
  expect(listeners.size).toBe(0);
  const opening = setup();
  for (let revision = 1; revision <= 2000; revision += 1) opening.announce(project(revision));
  expect(opening.listeners.size).toBe(0);
  expect(await opening.next()).toBe("end");
});

test("a quiet watch says that it is alive", async () => {
  const { open, next, reader } = setup({ heartbeatMs: 1 });
  open(0);
  const said = new Set([await next(), await next(), await next()]);
  expect(said).toEqual(new Set([told({ revision: 0, touched: [] }), ": alive\n\n"]));
  await reader.cancel();
});
