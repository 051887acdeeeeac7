import { expect, test } from "bun:test";
import fc from "fast-check";
import { createTextLines } from "./text-lines.ts";

function linesOf(chunks: readonly (string | Uint8Array)[], maxChars = 100): string[] {
  const found: string[] = [];
  const lines = createTextLines(maxChars, (line) => found.push(line));
  for (const chunk of chunks) lines.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
  lines.end();
  return found;
}

test("each line comes once it is ended, and the last one at the end", () => {
  expect(linesOf([])).toEqual([]);
  expect(linesOf(["first\nsecond\n"])).toEqual(["first", "second"]);
  expect(linesOf(["first\nsec", "ond"])).toEqual(["first", "second"]);
  expect(linesOf(["first\r\n\r\nsecond\r", "\nthird"])).toEqual(["first", "", "second", "third"]);
});

test("of a line that is written again and again the last state counts", () => {
  expect(linesOf(["10 %\r20 %\r", "30 %\n40 %\r50 %"])).toEqual(["30 %", "50 %"]);
  expect(linesOf(["10 %\r"])).toEqual(["10 %"]);
});

test("a line is cut to its length, in one piece or in many", () => {
  expect(linesOf(["x".repeat(1000), "y\nz"], 10)).toEqual(["x".repeat(10), "z"]);
  const many = Array.from({ length: 1000 }, () => "ab");
  expect(linesOf(many, 5)).toEqual(["ababa"]);
});

test("a character that is cut between two pieces is whole, and one that is never finished is told", () => {
  const [head, tail] = [new TextEncoder().encode("é").slice(0, 1), new TextEncoder().encode("é").slice(1)];
  expect(linesOf([head, tail])).toEqual(["é"]);
  expect(linesOf([head])).toEqual(["\ufffd"]);
});

test("where something is missing, neither the line that it cuts off nor the one that it leaves the end of is told", () => {
  const found: string[] = [];
  const lines = createTextLines(100, (line) => found.push(line));
  const push = (text: string) => lines.push(new TextEncoder().encode(text));
  push("whole\nswordf");
  lines.skip();
  push("ish\nwhole again\n");
  lines.skip();
  push("the end of something");
  lines.end();
  expect(found).toEqual(["whole", "whole again"]);
});

test("however the bytes are cut into pieces, the lines are the same", () => {
  const text = fc.stringMatching(/^[ab\r\né]{0,40}$/);
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 }), (whole, sizes) => {
      const bytes = new TextEncoder().encode(whole);
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (const size of sizes) {
        chunks.push(bytes.slice(at, at + size));
        at += size;
      }
      chunks.push(bytes.slice(at));
      expect(linesOf(chunks)).toEqual(linesOf([bytes]));
    }),
  );
});
