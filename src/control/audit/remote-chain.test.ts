import { expect, test } from "bun:test";
import { GENESIS } from "./audit-chain.ts";
import { requestDraft, testClock, until } from "./audit-log.fixture.ts";
import type { AuditRow } from "./audit-row.ts";
import type { FromChainThread, ToChainThread } from "./chain-messages.ts";
import { type ChainThreadEvents, RemoteChain } from "./remote-chain.ts";
import type { ChainStore } from "./request-chain.ts";
import { serveChain } from "./serve-chain.ts";

const batch = (...tools: string[]) => ({ texts: tools.map((tool) => JSON.stringify(requestDraft({ tool }))), dropped: 0 });

/** Threads that keep one chain in memory, whose messages are copied as between real ones. */
function threads(storeOf: (store: ChainStore) => ChainStore = (store) => store) {
  const rows: AuditRow[] = [];
  const events: string[] = [];
  let current: ChainThreadEvents | undefined;
  const store: ChainStore = {
    tail: async () => rows.at(-1) ?? GENESIS,
    add: async (added) => void rows.push(...added),
    close: async () => void events.push("closed"),
  };
  const start = (handlers: ChainThreadEvents) => {
    events.push("started");
    current = handlers;
    const post = (message: FromChainThread) => current === handlers && handlers.onMessage(structuredClone(message));
    const serve = serveChain({ writer: "w", open: async () => storeOf(store), clock: testClock(), post });
    return {
      post: (message: ToChainThread) => void Promise.resolve(structuredClone(message)).then(serve),
      end: () => void events.push("ended"),
    };
  };
  /** As when it crashes. */
  const die = () => {
    const died = current;
    current = undefined;
    died?.onEnd("it ran out of memory");
  };
  return { start, events, die, tools: () => rows.map(({ tool }) => tool) };
}

test("batches are written by the thread, which starts with the first of them and lets go when it is closed", async () => {
  const { start, events, tools } = threads();
  const chain = new RemoteChain(start);
  expect(events).toEqual([]);
  const tail = await chain.append(GENESIS, batch("a", "b"));
  expect((await chain.append(tail, batch("c"))).sequence).toBe(3);
  await chain.close();
  expect([tools(), events]).toEqual([
    ["a", "b", "c"],
    ["started", "closed", "ended"],
  ]);
  await new RemoteChain(start).close();
  expect(events).toHaveLength(3);
});

test("what the thread cannot do is thrown here, and can be tried again", async () => {
  let away = true;
  const { start, tools } = threads((store) => ({
    ...store,
    add: (rows) => (away ? Promise.reject(new Error("the disk is full")) : store.add(rows)),
  }));
  const chain = new RemoteChain(start);
  await expect(chain.append(GENESIS, batch("a"))).rejects.toThrow("the disk is full");
  away = false;
  await chain.append(GENESIS, batch("a"));
  expect(tools()).toEqual(["a"]);
});

test("a database that cannot be opened is opened again with the next batch", async () => {
  let opened = 0;
  const { start, tools } = threads((store) => {
    opened += 1;
    if (opened === 1) throw new Error("the database is away");
    return store;
  });
  const chain = new RemoteChain(start);
  await expect(chain.append(GENESIS, batch("a"))).rejects.toThrow("the database is away");
  await chain.append(GENESIS, batch("a"));
  expect([opened, tools()]).toEqual([2, ["a"]]);
});

test("a thread that dies behind its commit is replaced, and the batch is not written twice", async () => {
  let deadly = true;
  const made = threads((store) => ({
    ...store,
    async add(rows) {
      await store.add(rows);
      if (!deadly) return;
      deadly = false;
      made.die();
    },
  }));
  const chain = new RemoteChain(made.start);
  await expect(chain.append(GENESIS, batch("a"))).rejects.toThrow("the audit thread has ended: it ran out of memory");
  const tail = await chain.append(GENESIS, batch("a"));
  await chain.append(tail, batch("b"));
  expect([made.tools(), made.events]).toEqual([
    ["a", "b"],
    ["started", "started"],
  ]);
});

test("closing does not wait for a thread that hangs", async () => {
  const hanging = threads((store) => ({ ...store, add: () => new Promise(() => {}) }));
  const chain = new RemoteChain(hanging.start, 10);
  chain.append(GENESIS, batch("a")).catch(() => undefined);
  await until(() => hanging.events.includes("started"));
  await chain.close();
  expect(hanging.events.at(-1)).toBe("ended");
  const stuck = threads((store) => ({ ...store, close: () => new Promise(() => {}) }));
  const other = new RemoteChain((events) => {
    const thread = stuck.start(events);
    return {
      ...thread,
      end: () => {
        thread.end();
        stuck.die();
      },
    };
  }, 10);
  await other.append(GENESIS, batch("a"));
  await other.close();
  expect(stuck.events).toContain("ended");
});
