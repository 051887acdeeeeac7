import { expect, test } from "bun:test";
import { keepAliveMs } from "./keep-alive-ms.ts";

const said: readonly (readonly [string | undefined, number])[] = [
  [undefined, Number.POSITIVE_INFINITY],
  ["", Number.POSITIVE_INFINITY],
  ["max=100", Number.POSITIVE_INFINITY],
  ["timeout=soon", Number.POSITIVE_INFINITY],
  ["xtimeout=5", Number.POSITIVE_INFINITY],
  ["timeout=5", 4000],
  ["max=100, timeout=5", 4000],
  ["max=100,Timeout=5", 4000],
  ['timeout="5"', 4000],
  ["timeout=1", 0],
  ["timeout=0", 0],
];

test.each(said)("%j leaves a connection open for %d ms", (header, ms) => {
  expect(keepAliveMs(header)).toBe(ms);
});
