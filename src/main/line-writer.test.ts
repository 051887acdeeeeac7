import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LineWriter } from "./line-writer.ts";

const LIMITS = { flushMs: 60_000, flushChars: 1000, maxChars: 10_000 };
let folder = "";
let path = "";
let fd = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-lines-"));
  path = join(folder, "log");
  fd = openSync(path, "w");
});

afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const read = () => readFileSync(path, "utf8");

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(1);
}

test("lines wait for others, and go out together when they are enough", async () => {
  const writer = new LineWriter({ fd, ...LIMITS });
  writer.write("one\n");
  await Bun.sleep(0);
  expect(read()).toBe("");
  writer.write(`${"x".repeat(2000)}\n`);
  await until(() => read().length === 2005);
  await writer.close();
});

test("a line alone goes out after its time", async () => {
  const writer = new LineWriter({ fd, ...LIMITS, flushMs: 1 });
  writer.write("é\n");
  await until(() => read() === "é\n");
  await writer.close();
});

test("all lines are there in their order when it is closed, and none is taken after that", async () => {
  const writer = new LineWriter({ fd, ...LIMITS, maxChars: 1e6 });
  const lines = Array.from({ length: 5000 }, (_, at) => `line ${at}\n`);
  for (const line of lines) writer.write(line);
  await writer.close();
  writer.write("late\n");
  expect(read()).toBe(lines.join(""));
  expect(writer.takeDropped()).toBe(1);
});

test("what is more than may wait is dropped and counted once", async () => {
  const writer = new LineWriter({ fd, ...LIMITS, flushChars: 1e6 });
  for (let at = 0; at < 30; at += 1) writer.write(`${"x".repeat(999)}\n`);
  expect(writer.takeDropped()).toBe(20);
  expect(writer.takeDropped()).toBe(0);
  await writer.close();
  expect(read()).toHaveLength(10_000);
});

test("a descriptor that cannot be written to costs nobody anything", async () => {
  const readOnly = openSync(path, "r");
  const writer = new LineWriter({ fd: readOnly, ...LIMITS });
  for (let at = 0; at < 100; at += 1) writer.write(`${"x".repeat(500)}\n`);
  await writer.close();
  closeSync(readOnly);
  expect(read()).toBe("");
});

/** What can be read of a pipe now. */
function readNow(from: number, buffer = Buffer.alloc(65_536)): number {
  try {
    return readSync(from, buffer);
  } catch (thrown) {
    if ((thrown as { code?: string }).code === "EAGAIN") return 0;
    throw thrown;
  }
}

test("a pipe that is full blocks nobody, and has all lines once somebody reads it", async () => {
  const fifo = join(folder, "fifo");
  expect(Bun.spawnSync(["mkfifo", fifo]).exitCode).toBe(0);
  const from = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const to = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  const writer = new LineWriter({ fd: to, flushMs: 1, flushChars: 1000, maxChars: 1e6 });
  for (let at = 0; at < 1000; at += 1) writer.write(`${"x".repeat(499)}\n`);
  let closed = false;
  const closing = writer.close().then(() => {
    closed = true;
  });
  // A pipe holds 64 KiB.
  await Bun.sleep(5);
  expect(closed).toBe(false);
  let total = 0;
  await until(() => {
    total += readNow(from);
    return total === 500_000;
  });
  await closing;
  closeSync(to);
  closeSync(from);
});

test("of those that share a pipe none writes into a line of another, however full it is", async () => {
  const fifo = join(folder, "shared");
  expect(Bun.spawnSync(["mkfifo", fifo]).exitCode).toBe(0);
  const from = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const to = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  const writers = ["a", "é", "c"].map((letter) => {
    const writer = new LineWriter({ fd: to, flushMs: 1, flushChars: 1000, maxChars: 1e6 });
    for (let at = 0; at < 1000; at += 1) writer.write(`${letter.repeat(200 + (at % 300))}\n`);
    return writer;
  });
  const buffer = Buffer.alloc(10_000);
  const parts: Buffer[] = [];
  let closed = false;
  void Promise.all(writers.map((writer) => writer.close())).then(() => {
    closed = true;
  });
  await until(() => {
    const read = readNow(from, buffer);
    parts.push(Buffer.from(buffer.subarray(0, read)));
    return closed && read === 0;
  });
  const lines = Buffer.concat(parts).toString().trimEnd().split("\n");
  expect(lines).toHaveLength(3000);
  expect(lines.filter((line) => !/^(a+|é+|c+)$/.test(line))).toEqual([]);
  closeSync(to);
  closeSync(from);
});
