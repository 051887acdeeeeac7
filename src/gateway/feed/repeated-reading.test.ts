import { expect, test } from "bun:test";
import type { AppError } from "../../core/app-error.ts";
import { RepeatedReading } from "./repeated-reading.ts";

function setup(read: (nth: number) => Promise<void>) {
  const failures: AppError[] = [];
  const state = { begun: 0, now: 0, most: 0 };
  const reading = new RepeatedReading({
    async read() {
      state.begun += 1;
      state.now += 1;
      state.most = Math.max(state.most, state.now);
      await read(state.begun).finally(() => {
        state.now -= 1;
      });
    },
    gatherMs: 0,
    retry: { firstMs: 1, maxMs: 2 },
    onFailure: (error) => failures.push(error),
  });
  return { reading, state, failures };
}

/** Waits for what other turns of the loop do; the test's own time is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 0));
}

test("requests that come together are one reading", async () => {
  const { reading, state } = setup(async () => {});
  for (let times = 0; times < 5; times += 1) reading.request();
  await until(() => state.begun === 1 && state.now === 0);
  reading.request();
  await until(() => state.begun === 2);
  expect(state.begun).toBe(2);
});

test("what is asked for during a reading is read after it, never beside it", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { reading, state } = setup((nth) => gates[nth - 1]?.promise ?? Promise.resolve());
  reading.request();
  await until(() => state.begun === 1);
  reading.request();
  gates[0]?.resolve();
  await until(() => state.begun === 2);
  gates[1]?.resolve();
  await until(() => state.now === 0);
  expect(state).toEqual({ begun: 2, now: 0, most: 1 });
});

test("a reading that fails is told and tried again until one succeeds", async () => {
  const { reading, state, failures } = setup(async (nth) => {
    if (nth < 4) throw new Error(`failure ${nth}`);
  });
  reading.request();
  await until(() => state.begun === 4 && state.now === 0);
  expect(failures.map(({ cause }) => String(cause))).toEqual(["Error: failure 1", "Error: failure 2", "Error: failure 3"]);
});

test("after it is closed none begins, and the failure of one under way is nobody's", async () => {
  const gate = Promise.withResolvers<void>();
  const { reading, state, failures } = setup(() => gate.promise);
  reading.request();
  await until(() => state.begun === 1);
  reading.close();
  reading.request();
  gate.reject(new Error("the database is closed"));
  await until(() => state.now === 0);
  reading.request();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(state.begun).toBe(1);
  expect(failures).toEqual([]);
});
