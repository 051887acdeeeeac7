import { expect, test } from "bun:test";
import { compareMemory } from "./compare-memory.ts";

const FILLING = [10, 20, 30, 60, 70, 80, 90, 95];
const rounds = (...residentKiB: number[]) => compareMemory([], { sessions: 10, residentKiB: [...FILLING, ...residentKiB] })[0];

test("memory that grows after the gateway holds as many sessions as it ever does is no flat one", () => {
  expect(rounds(100, 100, 100, 100, 100, 101, 102, 103)).toMatchObject({
    spread: { median: 1.02 },
    goal: { value: 1.1, met: true },
  });
  expect(rounds(100, 110, 120, 130, 140, 150, 160)).toMatchObject({
    against: "its rounds 9 to 12",
    unit: "times the memory",
    goal: { met: false },
  });
});

test("many servers have a budget, and only the gateway is held to it", () => {
  const found = compareMemory(
    [
      { upstream: "50 servers", target: "gateway", residentKiB: 122_881 },
      { upstream: "50 servers", target: "mcp-hub", residentKiB: 200_000 },
      { upstream: "HTTP", target: "gateway", residentKiB: 200_000 },
    ],
    undefined,
  );
  expect(found).toMatchObject([{ upstream: "50 servers", target: "gateway", goal: { bound: "at most", value: 122_880, met: false } }]);
});
