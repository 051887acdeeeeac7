import { expect, test } from "bun:test";
import { SubscriptionTable } from "./subscription-table.ts";

function setup() {
  const log: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const slow = { answer: promise as Promise<string | undefined> | undefined };
  const table = new SubscriptionTable({
    async subscribe(uri) {
      log.push(`+${uri}`);
      return slow.answer;
    },
    unsubscribe: (uri) => log.push(`-${uri}`),
  });
  return { table, log, resolve, slow };
}

const hearer = () => {};

test("one that is given up while it is on its way is ended when it is there", async () => {
  const { table, log, resolve } = setup();
  const adding = table.add("x", hearer);
  table.remove("x", hearer);
  expect(log).toEqual(["+x"]);
  resolve(undefined);
  await adding;
  await Promise.resolve();
  expect(log).toEqual(["+x", "-x"]);
});

test("one that is wanted again before the end of the first has come is not ended", async () => {
  const { table, log, resolve, slow } = setup();
  const first = table.add("x", hearer);
  table.remove("x", hearer);
  slow.answer = undefined;
  const second = table.add("x", () => {});
  resolve(undefined);
  await Promise.all([first, second]);
  await Promise.resolve();
  expect(log).toEqual(["+x", "+x"]);
});

test("what was refused is asked for anew by the next", async () => {
  const { table, log, resolve, slow } = setup();
  const refused = [table.add("x", hearer), table.add("x", () => {})];
  resolve('{"code":1}');
  expect(await Promise.all(refused)).toEqual(['{"code":1}', '{"code":1}']);
  slow.answer = undefined;
  expect(await table.add("x", hearer)).toBeUndefined();
  expect(log).toEqual(["+x", "+x"]);
});

test("nobody hears of what was refused or taken back", async () => {
  const { table, resolve } = setup();
  let heard = 0;
  const listener = () => {
    heard += 1;
  };
  resolve(undefined);
  await table.add("x", listener);
  table.updated("x");
  table.remove("x", listener);
  table.updated("x");
  table.remove("x", listener);
  expect(heard).toBe(1);
});
