import { expect, test } from "bun:test";
import { createErrorOutput } from "./error-output.ts";

const KIB = 1024;

function open() {
  const time = { ms: 0 };
  const said: (string | number)[] = [];
  const output = createErrorOutput({
    maxLine: 100,
    monotonicNow: () => time.ms,
    onLine: (line) => said.push(line),
    onLeftOut: (bytes) => said.push(bytes),
  });
  return { time, said, output, push: (text: string) => output.push(new TextEncoder().encode(text)) };
}

test("a flood is read and not looked at, and its bytes are counted in their place", () => {
  const { time, said, output, push } = open();
  push("before\nunfinished");
  for (let at = 0; at < 100; at += 1) push(`${"x".repeat(63 * KIB)}\n`);
  const kept = said.filter((each) => typeof each === "string");
  expect(kept.length).toBeLessThan(10);
  time.ms = 1000;
  push("the rest of a line\nafter\n");
  output.end();
  const [leftOut] = said.filter((each) => typeof each === "number");
  expect(leftOut).toBeGreaterThan(90 * 63 * KIB);
  expect(said.slice(-2)).toEqual([leftOut ?? 0, "after"]);
});

test("what a process says in the course of time has no bound", () => {
  const { time, said, push } = open();
  for (let at = 0; at < 1000; at += 1) {
    time.ms += 1000;
    push(`${"x".repeat(100 * KIB)}\n`);
  }
  expect(said).toHaveLength(1000);
});

test("what a process says last is told although it is part of a flood, but for the line that it begins with", () => {
  const { said, output, push } = open();
  for (let at = 0; at < 10; at += 1) push("x".repeat(100 * KIB));
  push("the end of a line\nout of memory\n");
  output.end();
  expect(said).toEqual([8 * 100 * KIB, "out of memory"]);
});
