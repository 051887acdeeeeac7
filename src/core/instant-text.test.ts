import { expect, test } from "bun:test";
import { instantText } from "./instant-text.ts";

test("a date is told as JSON has it, again and after another", () => {
  const [one, other] = [new Date(1_700_000_000_123), new Date(0)];
  for (const date of [one, one, new Date(one), other, one]) expect(instantText(date)).toBe(date.toISOString());
  expect(() => instantText(new Date(Number.NaN))).toThrow(RangeError);
  expect(() => instantText(new Date(Number.NaN))).toThrow(RangeError);
});
