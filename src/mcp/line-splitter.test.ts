import { expect, test } from "bun:test";
import fc from "fast-check";
import { createLineSplitter } from "./line-splitter.ts";

test("any cutting of a stream gives the same lines, also inside a character", () => {
  const line = fc.string({ unit: "binary" }).map((text) => text.replaceAll(/[\r\n]/g, ""));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(20)), (lines, cuts) => {
      const bytes = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(""));
      const splitter = createLineSplitter(1 << 20);
      const seen: string[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        seen.push(...splitter.push(bytes.subarray(at, at + cut)));
        at += cut;
      }
      const decoded = new TextDecoder().decode(bytes);
      expect(seen).toEqual(
        decoded
          .split("\n")
          .map((text) => text.trim())
          .filter((text) => text !== ""),
      );
    }),
  );
});

test("a carriage return before the line feed is no part of the line", () => {
  expect(createLineSplitter(100).push(Buffer.from('{"a":1}\r\n\r\n'))).toEqual(['{"a":1}']);
});

test("a line over the limit is refused before it is whole", () => {
  const splitter = createLineSplitter(10);
  splitter.push(Buffer.from("12345678"));
  expect(() => splitter.push(Buffer.from("9012"))).toThrow("exceeds 10 bytes");
});

test("a line over the limit is told of once and left out where that is asked for, and the next one counts again", () => {
  let tooLong = 0;
  const splitter = createLineSplitter(5, () => {
    tooLong += 1;
  });
  const lines = ["one\ntoo lo", "ng\n", "too long\ntwo\n12345", "\n123456", "7", "\n", "end\n"].flatMap((text) =>
    splitter.push(Buffer.from(text)),
  );
  expect(lines).toEqual(["one", "two", "12345", "end"]);
  expect(tooLong).toBe(3);
});

test("whether a line is refused depends on its length alone, and not on the pieces it comes in", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 70 }),
      (length, limit, piece) => {
        const bytes = Buffer.from(`first\n${"x".repeat(length)}\n`);
        const splitter = createLineSplitter(Math.max(limit, 5));
        const read = () => {
          const lines: string[] = [];
          for (let at = 0; at < bytes.length; at += piece) lines.push(...splitter.push(bytes.subarray(at, at + piece)));
          return lines;
        };
        if (length <= Math.max(limit, 5)) expect(read()).toEqual(["first", "x".repeat(length)]);
        else expect(read).toThrow(expect.objectContaining({ reason: "LINE_TOO_LONG" }));
      },
    ),
  );
});

test("no bytes make it throw anything but its refusal, and none of them are read twice or lost", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (chunks) => {
      const splitter = createLineSplitter(100_000);
      const lines = chunks.flatMap((chunk) => splitter.push(chunk));
      const whole = Buffer.concat(chunks);
      const complete = whole.subarray(0, whole.lastIndexOf(10) + 1);
      const expected: string[] = [];
      for (let start = 0; start < complete.length; ) {
        const end = complete.indexOf(10, start);
        expected.push(complete.subarray(start, end).toString("utf8").trim());
        start = end + 1;
      }
      expect(lines).toEqual(expected.filter((line) => line !== ""));
    }),
  );
});
