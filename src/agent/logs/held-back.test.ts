import { expect, test } from "bun:test";
import { heldBack } from "./held-back.ts";

const piece = (text: string) => ({ data: Buffer.from(text) });
const texts = (pieces: readonly { readonly data: Uint8Array; readonly droppedBytes: number }[]) =>
  pieces.map(({ data, droppedBytes }) => `${Buffer.from(data)} ${droppedBytes}`);

test("a reader that keeps up gets everything in order", async () => {
  const source = async function* () {
    for (const text of ["a", "b", "c"]) yield piece(text);
  };
  expect(texts(await Array.fromAsync(heldBack(source(), { maxBytes: 2, patienceMs: 60_000 })))).toEqual(["a 0", "b 0", "c 0"]);
});

test("a reader that stands still loses the oldest, and is told how many bytes before those that it gets", async () => {
  const written = Promise.withResolvers<void>();
  const source = async function* () {
    for (const text of ["1", "22", "333", "4444", "55555"]) yield piece(text);
    written.resolve();
  };
  const reader = heldBack(source(), { maxBytes: 10, patienceMs: 0 });
  const first = reader.next();
  await written.promise;
  expect(texts([(await first).value as never])).toEqual(["1 0"]);
  expect(texts(await Array.fromAsync(reader))).toEqual(["4444 5", "55555 0"]);
});

test("what waits stays within its bound however much is written, and all of it is accounted for", async () => {
  const written = Promise.withResolvers<void>();
  const source = async function* () {
    for (let number = 0; number < 100; number++) yield piece("x".repeat(100));
    written.resolve();
  };
  const reader = heldBack(source(), { maxBytes: 1000, patienceMs: 0 });
  const first = await reader.next();
  await written.promise;
  const rest = await Array.fromAsync(reader);
  const got = rest.reduce((sum, { data }) => sum + data.length, first.value?.data.length ?? 0);
  expect(rest.map(({ data }) => data.length)).toEqual(Array.from({ length: 10 }, () => 100));
  expect(got + rest.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0)).toBe(10_000);
});

test("a piece that is larger than the bound passes alone, and what the source throws comes after what it gave", async () => {
  const source = async function* () {
    yield piece("x".repeat(50));
    yield piece("y".repeat(50));
    throw new Error("the engine is gone");
  };
  const reader = heldBack(source(), { maxBytes: 10, patienceMs: 60_000 });
  expect((await reader.next()).value?.data).toHaveLength(50);
  expect((await reader.next()).value?.data).toHaveLength(50);
  await expect(reader.next()).rejects.toThrow("the engine is gone");
});

test("a source is held back while its reader has patience left", async () => {
  let given = 0;
  const source = async function* () {
    for (; ; given++) yield piece("0123456789");
  };
  const reader = heldBack(source(), { maxBytes: 30, patienceMs: 3_600_000 });
  await reader.next();
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBeLessThan(8);
  await reader.return(undefined);
});
