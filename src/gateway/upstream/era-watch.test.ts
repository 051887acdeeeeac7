import { expect, test } from "bun:test";
import type { EraVerdict } from "../../mcp/eras/decide-era.ts";
import { EraWatch } from "./era-watch.ts";

function setup(modern: boolean, verdict: EraVerdict, ttlMs = 3600_000) {
  const counts = { probes: 0, changes: 0 };
  const clock = { now: 0 };
  const watch = new EraWatch({
    modern,
    ttlMs,
    monotonicNow: () => clock.now,
    onChanged: () => {
      counts.changes += 1;
    },
    probe: async () => {
      counts.probes += 1;
      return verdict;
    },
  });
  return { watch, counts, clock };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test.each<[boolean, EraVerdict, boolean, number]>([
  [false, "modern", false, 1],
  [false, "legacy", false, 0],
  [false, "unknown", false, 0],
  [false, "other", false, 0],
  [true, "modern", false, 0],
  [true, "legacy", false, 1],
  [true, "unknown", false, 0],
  [true, "modern", true, 1],
  [false, "legacy", true, 0],
])("known to be modern: %p, now %s, initialize refused: %p: %p changes", async (modern, verdict, refused, changes) => {
  const { watch, counts } = setup(modern, verdict);
  watch.doubt(refused);
  await settled();
  expect(counts).toEqual({ probes: 1, changes });
});

test("a server that contradicts itself again and again is asked now and then", async () => {
  const { watch, counts, clock } = setup(true, "modern");
  for (let second = 0; second < 60; second += 1) {
    clock.now = second * 1000;
    watch.doubt(false);
    await settled();
  }
  expect(counts.probes).toBe(2);
});

test("an answer that is old is asked for again, until it is over", async () => {
  const { watch, counts } = setup(false, "legacy", 1);
  const over = new AbortController();
  const running = watch.run(over.signal);
  while (counts.probes < 3) await settled();
  over.abort();
  await running;
  const { probes } = counts;
  await settled();
  expect(counts.probes).toBe(probes);
});
