import { expect, test } from "bun:test";
import { DISPATCH_WORKER, dispatchWorker } from "./worker.ts";
import type { WorkerStore } from "./worker-store.ts";

export type WithWorkerStore = (run: (store: WorkerStore) => Promise<void>) => Promise<void>;

const at = (ms: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + ms);
const FOREIGN = { name: "mail_queue", className: "Other", description: "", build: "1" };

/** What every adapter of `WorkerStore` does. */
export function workerStoreContract(engine: string, withStore: WithWorkerStore): void {
  test(`${engine}: a worker registers itself once, follows its build, and leaves others alone`, () =>
    withStore(async (store) => {
      const sync = async (build: string, ms: number) =>
        (await store.sync([dispatchWorker(build)], at(ms))).map(({ name, result }) => `${name} ${result}`);
      expect(await sync("1.0", 1)).toEqual([`${DISPATCH_WORKER} created`]);
      expect(await store.byName(DISPATCH_WORKER)).toEqual({
        ...dispatchWorker("1.0"),
        active: true,
        createdAt: at(1),
        updatedAt: at(1),
        seenAt: undefined,
      });
      expect(await sync("1.0", 2)).toEqual([`${DISPATCH_WORKER} ok`]);
      await store.sync([FOREIGN], at(3));
      const foreign = await store.byName("mail_queue");
      expect(await sync("1.1", 4)).toEqual([`${DISPATCH_WORKER} updated`, "mail_queue skipped"]);
      expect(await store.byName(DISPATCH_WORKER)).toMatchObject({ build: "1.1", createdAt: at(1), updatedAt: at(4) });
      expect(await store.byName("mail_queue")).toEqual(foreign);
    }));

  test(`${engine}: a worker that is switched off stays so, whatever its build`, () =>
    withStore(async (store) => {
      await store.sync([dispatchWorker("1.0")], at(1));
      expect(await store.setActive(DISPATCH_WORKER, false, at(2))).toBe(true);
      expect(await store.sync([dispatchWorker("1.1")], at(3))).toEqual([{ name: DISPATCH_WORKER, active: false, result: "updated" }]);
      await store.seen(DISPATCH_WORKER, at(4));
      expect(await store.list()).toMatchObject([{ active: false, seenAt: at(4) }]);
      expect(await store.setActive("nobody", true, at(5))).toBe(false);
    }));

  test(`${engine}: of many that register it at once one makes it`, () =>
    withStore(async (store) => {
      const synced = await Promise.all(Array.from({ length: 10 }, () => store.sync([dispatchWorker("1.0")], at(1))));
      expect(synced.flat().filter(({ result }) => result === "created")).toHaveLength(1);
      expect(await store.list()).toHaveLength(1);
    }));
}
