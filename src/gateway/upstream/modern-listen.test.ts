import { expect, test } from "bun:test";
import { ModernListen } from "./modern-listen.ts";

interface Opened {
  readonly notifications: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  say(method: string, params: object): void;
  /** Agrees to all that was asked for, or to this. */
  acknowledge(notifications?: object): void;
  end(error?: string): void;
  break(): void;
}

const ALL = { tools: { listChanged: true }, prompts: {}, resources: { subscribe: true, listChanged: true } };

/** A stream of changes over a channel that a test plays. */
function setup({ capabilities = ALL as Readonly<Record<string, unknown>>, acknowledgeTimeoutMs = 3600_000 } = {}) {
  const opened: Opened[] = [];
  const heard: string[] = [];
  const uris = new Set<string>();
  let unknown = 0;
  const listen = new ModernListen({
    handle: "one",
    capabilities,
    uris,
    acknowledgeTimeoutMs,
    again: { firstMs: 0, maxMs: 0 },
    onUnknown: () => {
      unknown += 1;
    },
    events: { listChanged: () => heard.push("list"), resourceUpdated: (uri) => heard.push(uri) },
    channel: {
      listen: (paramsText, onMessage, signal) => {
        const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
        const { notifications } = JSON.parse(paramsText);
        const say = (method: string, params: object) => onMessage({ method, params });
        signal.addEventListener("abort", () => reject(new Error("ended")));
        const acknowledge = (agreed: object = notifications) => say("notifications/subscriptions/acknowledged", { notifications: agreed });
        opened.push({ notifications, signal, say, acknowledge, end: resolve, break: () => reject(new Error("broke")) });
        return promise;
      },
    },
  });
  const add = (uri: string) => {
    uris.add(uri);
    return listen.add(uri);
  };
  const remove = (uri: string) => {
    uris.delete(uri);
    listen.remove();
  };
  return { listen, opened, heard, add, remove, unknown: () => unknown };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Waits for the stream of this number, counted from 0; back-offs of no time still take a timer. */
async function nth(opened: readonly Opened[], index: number): Promise<Opened> {
  for (;;) {
    const found = opened[index];
    if (found !== undefined) return found;
    await Bun.sleep(0);
  }
}

test("a server that tells no changes is not listened to until a resource is wanted, nor when none is any more", async () => {
  const { opened, add, remove } = setup({ capabilities: { tools: {}, resources: { subscribe: true } } });
  expect(opened).toEqual([]);
  const added = add("a");
  (await nth(opened, 0)).acknowledge();
  expect(await added).toBeUndefined();
  remove("a");
  await settled();
  expect(opened.map(({ signal }) => signal.aborted)).toEqual([true]);
});

test("other wishes open another stream, and the old one goes on until the new one is acknowledged", async () => {
  const { opened, heard, add } = setup();
  opened[0]?.acknowledge();
  const added = [add("a"), add("b")];
  const second = await nth(opened, 1);
  expect(second.notifications).toEqual({ toolsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ["a", "b"] });
  opened[0]?.say("notifications/tools/list_changed", {});
  expect(heard).toEqual(["list"]);
  expect(opened[0]?.signal.aborted).toBe(false);
  second.acknowledge();
  expect(await Promise.all(added)).toEqual([undefined, undefined]);
  expect(opened[0]?.signal.aborted).toBe(true);
  opened[0]?.say("notifications/tools/list_changed", {});
  second.say("notifications/resources/updated", { uri: "a" });
  second.say("notifications/resources/updated", { uri: 7 });
  second.say("notifications/message", {});
  expect(heard).toEqual(["list", "a"]);
  expect(opened).toHaveLength(2);
});

test("a resource that the server does not agree to is refused", async () => {
  const { opened, add } = setup();
  const added = [add("a"), add("b")];
  (await nth(opened, 1)).acknowledge({ resourceSubscriptions: ["b"] });
  const [refused, agreed] = await Promise.all(added);
  expect(JSON.parse(refused ?? "")).toMatchObject({ code: -32601 });
  expect(agreed).toBeUndefined();
});

test("a server's error is its answer to who wants the resource, and it is asked again later", async () => {
  const { opened, add } = setup();
  const added = add("a");
  (await nth(opened, 1)).end('{"code":-32603,"message":"too many"}');
  expect(await added).toBe('{"code":-32603,"message":"too many"}');
  await nth(opened, 2);
});

test("a server without the method is not asked again", async () => {
  const { opened, unknown } = setup();
  opened[0]?.end('{"code":-32601,"message":"no"}');
  for (let turn = 0; turn < 5; turn += 1) await Bun.sleep(0);
  expect(opened).toHaveLength(1);
  expect(unknown()).toBe(1);
});

test("what came while a stream was broken is taken for a change of everything, once another one stands", async () => {
  const { opened, heard, add } = setup();
  const added = add("a");
  (await nth(opened, 1)).acknowledge();
  await added;
  opened[1]?.break();
  const third = await nth(opened, 2);
  expect(heard).toEqual([]);
  third.acknowledge();
  await settled();
  expect(heard).toEqual(["list", "a"]);
});

test("a server that does not acknowledge fails who waits for it", async () => {
  const { add, listen } = setup({ acknowledgeTimeoutMs: 1 });
  await expect(add("a")).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE" });
  listen.close();
});

test("nothing is opened after the end", async () => {
  const { opened, listen, remove } = setup();
  listen.close();
  expect(opened[0]?.signal.aborted).toBe(true);
  for (let turn = 0; turn < 5; turn += 1) await Bun.sleep(0);
  remove("a");
  await settled();
  expect(opened.every(({ signal }) => signal.aborted)).toBe(true);
});
