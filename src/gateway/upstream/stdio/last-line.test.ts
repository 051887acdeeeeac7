import { expect, test } from "bun:test";
import { createLastLine } from "./last-line.ts";

function lastOf(chunks: readonly string[], maxLength = 100): string | undefined {
  const last = createLastLine(maxLength);
  for (const chunk of chunks) last.push(new TextEncoder().encode(chunk));
  return last.read();
}

test("the last line that says something counts, whether or not it was ended", () => {
  expect(lastOf([])).toBeUndefined();
  expect(lastOf(["\n \r\n"])).toBeUndefined();
  expect(lastOf(["first\nsecond\n"])).toBe("second");
  expect(lastOf(["first\nsec", "ond"])).toBe("second");
  expect(lastOf(["first\r\nsecond\r\n\r\n  \r\n"])).toBe("second");
  expect(lastOf(["10 %\r20 %\r30 %"])).toBe("30 %");
});

test("a line is cut to its length, in one piece or in many", () => {
  expect(lastOf(["x".repeat(1000)], 10)).toBe("x".repeat(10));
  expect(lastOf(["x".repeat(1000), "y\n"], 10)).toBe("x".repeat(10));
  expect(
    lastOf(
      Array.from({ length: 1000 }, () => "ab"),
      5,
    ),
  ).toBe("ababa");
});

test("a character that is cut between two pieces is whole", () => {
  const [head, tail] = [new TextEncoder().encode("é").slice(0, 1), new TextEncoder().encode("é").slice(1)];
  const last = createLastLine(10);
  last.push(head);
  last.push(tail);
  expect(last.read()).toBe("é");
});
