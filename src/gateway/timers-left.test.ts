/** That what is over holds no timer: one left for five minutes by each call would be as good as a leak. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { initialized, openGateway, readEvents } from "./gateway.fixture.ts";
import { ScriptedServer, toolText } from "./scripted-upstream.fixture.ts";
import { STREAM_LIMITS } from "./stream/stream-settings.ts";
import { until } from "./upstream/http/raw-http-server.fixture.ts";

const COUNT = 200;
/** A client that has gone may come back to its stream for so long, and for so long a timer waits for it. */
const SHORT_GRACE = { streams: { ...STREAM_LIMITS, graceMs: 1 } };

/** Timers that are set and neither cleared nor, where they run once, run. */
const running = new Set<unknown>();
const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;

beforeEach(() => {
  running.clear();
  const watched = (set: typeof setTimeout, isOnce: boolean) =>
    ((run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      const timer = set(() => {
        if (isOnce) running.delete(timer);
        run(...args);
      }, ms);
      running.add(timer);
      return timer;
    }) as unknown as typeof setTimeout;
  const clearing = (clear: typeof clearTimeout) =>
    ((timer?: Timer) => {
      running.delete(timer);
      clear(timer);
    }) as typeof clearTimeout;
  Object.assign(globalThis, {
    setTimeout: watched(setTimeout, true),
    setInterval: watched(setInterval as unknown as typeof setTimeout, false),
    clearTimeout: clearing(clearTimeout),
    clearInterval: clearing(clearInterval as typeof clearTimeout),
  });
});
afterEach(() => {
  Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval });
});

/** A server whose tool speaks, and answers when it is told to. */
function speakingServer() {
  const { promise: told, resolve: answer } = Promise.withResolvers<void>();
  const server = new ScriptedServer({
    lists: { tools: [toolText("speak")] },
    answers: {
      "tools/call": async ({ idText, onNotification }) => {
        onNotification?.('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"working"}}');
        await told;
        return `{"jsonrpc":"2.0","id":${idText},"result":{"content":[]}}`;
      },
    },
  });
  return { server, answer };
}

/** Waits until no more timers run than these, which are the gateway's own. */
async function expectNoMoreThan(own: number): Promise<void> {
  await until(() => running.size <= own);
  // The one timer of all calls runs only while there are any, which may have been so at the start.
  expect(running.size).toBeLessThanOrEqual(own);
}

test("calls whose clients leave in the middle of the stream hold no timer once the server has answered", async () => {
  const { server, answer } = speakingServer();
  await using gateway = await openGateway({ servers: { one: server }, settings: SHORT_GRACE });
  const own = running.size;
  const client = await initialized(gateway);
  for (let index = 0; index < COUNT; index += 1) {
    const response = await client.send("tools/call", { name: "one__speak" }, { accept: "text/event-stream" });
    const events = readEvents(response);
    expect((await events.next()).method).toBe("notifications/message");
    await events.cancel();
  }
  answer();
  await expectNoMoreThan(own);
});

test("streams from server to client that are dropped hold no timer", async () => {
  await using gateway = await openGateway({ servers: { one: speakingServer().server }, settings: SHORT_GRACE });
  const own = running.size;
  for (let index = 0; index < COUNT; index += 1) {
    const client = await initialized(gateway);
    const response = await client.get();
    expect(response.status).toBe(200);
    expect(running.size).toBeGreaterThan(own);
    await response.body?.cancel();
  }
  await expectNoMoreThan(own);
});

test("calls that are answered, refused, canceled or lost hold no timer, and neither does a gateway that is closed", async () => {
  const { server, answer } = speakingServer();
  const gateway = await openGateway({ servers: { one: server, two: new ScriptedServer({ lists: { tools: [toolText("t")] } }) } });
  const own = running.size;
  const client = await initialized(gateway);
  const calls = Array.from({ length: COUNT }, (_, index) => client.request("tools/call", { name: "one__speak" }, { id: index }));
  const others = ["two__t", "two__unknown", "none__t"].map((name) => client.request("tools/call", { name }));
  await Promise.all(others);
  // One timer serves the calls of all clients.
  expect(running.size).toBeLessThanOrEqual(own + 1);
  for (let index = 0; index < COUNT / 2; index += 1) await client.notify("notifications/cancelled", { requestId: index });
  answer();
  await Promise.all(calls);
  await expectNoMoreThan(own);
  await gateway[Symbol.asyncDispose]();
  expect(running.size).toBe(0);
});
