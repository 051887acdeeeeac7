import { expect, test } from "bun:test";
import { Subscriptions } from "./subscriptions.ts";

/** Subscriptions at a server whose answers a test gives. */
function setup(answer: (uri: string) => Promise<string | undefined> = async () => undefined) {
  const log: string[] = [];
  const subscriber = {
    add: (uri: string) => {
      log.push(`+${uri}`);
      return answer(uri);
    },
    remove: (uri: string) => void log.push(`-${uri}`),
  };
  const subscriptions = new Subscriptions({ handle: "one", subscriber: async () => subscriber, onUpdated: (uri) => log.push(`!${uri}`) });
  return { subscriptions, subscriber, log };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a resource is subscribed to once, and one that is not is not unsubscribed from", async () => {
  const { subscriptions, log } = setup();
  for (let time = 0; time < 2; time += 1) expect(await subscriptions.add("a")).toBeUndefined();
  for (let time = 0; time < 2; time += 1) subscriptions.remove("a");
  await settled();
  expect(log).toEqual(["+a", "-a"]);
  expect(subscriptions.uris.size).toBe(0);
});

test("what the server refuses or loses is not kept", async () => {
  const refusing = setup(async () => '{"code":-32602}');
  expect(await refusing.subscriptions.add("a")).toBe('{"code":-32602}');
  const losing = setup(() => Promise.reject(new Error("lost")));
  await expect(losing.subscriptions.add("a")).rejects.toThrow("lost");
  expect([refusing.subscriptions.uris.size, losing.subscriptions.uris.size]).toEqual([0, 0]);
});

test("what is not wanted any more when the server answers is unsubscribed from", async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const { subscriptions, log } = setup(() => promise);
  const adding = subscriptions.add("a");
  await settled();
  subscriptions.remove("a");
  resolve(undefined);
  await adding;
  expect(log.at(-1)).toBe("-a");
});

test("a new connection is subscribed anew, and each resource may have changed", async () => {
  const { subscriptions, subscriber, log } = setup();
  await subscriptions.add("a");
  subscriptions.restore(subscriber);
  await settled();
  expect(log).toEqual(["+a", "+a", "!a"]);
});

test("there is an end to how many there may be", async () => {
  const { subscriptions } = setup();
  for (let count = 0; count < 1024; count += 1) await subscriptions.add(`test://${count}`);
  await expect(subscriptions.add("test://one-more")).rejects.toMatchObject({ code: "exhausted", reason: "SUBSCRIPTIONS_FULL" });
});
