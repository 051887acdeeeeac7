import { expect, test } from "bun:test";
import type { WatchCost } from "./watch-cost.ts";
import { watchFigures } from "./watch-figures.ts";

const cost = (containers: number, agentCpu: number, engine = 0): WatchCost => ({
  containers,
  agentCpu,
  engineCpu: engine,
  agentMegabytes: 60,
  engineMegabytes: engine,
});

test("numbers beyond those that are looked at whole are extrapolated to a thousand, and that is held to the budgets", () => {
  const figures = watchFigures("podman", [cost(0, 0.1, 50), cost(60, 1, 50), cost(120, 1.06, 50)]);
  const cpu = figures.filter(({ what }) => what.startsWith("agent's processor time"));
  expect(cpu.map(({ what, budget }) => [what.split(", ").at(-1), budget?.limit])).toEqual([
    ["0 containers", undefined],
    ["60 containers", undefined],
    ["120 containers", undefined],
    ["extrapolated to 1000", 2],
  ]);
  expect(cpu.at(-1)?.rounds[0]).toBeCloseTo(1.94);
  expect(figures.some(({ what }) => what.startsWith("podman's service"))).toBe(true);
});

test("a quick run's two points are not extrapolated, nor are few containers", () => {
  for (const costs of [
    [cost(0, 0.1), cost(60, 1)],
    [cost(0, 0.1), cost(30, 0.5), cost(60, 1)],
  ])
    expect(watchFigures("podman", costs).filter(({ budget }) => budget !== undefined)).toEqual([]);
});

test("a thousand that were measured are held to the budgets themselves, and an engine that is not the agent's is not told of", () => {
  const figures = watchFigures("played", [cost(0, 0.1), cost(1000, 1)]);
  expect(figures.map(({ what, budget }) => [what, budget?.limit])).toEqual([
    ["agent's processor time, played, 0 containers", undefined],
    ["agent's processor time, played, 1000 containers", 2],
    ["agent's memory, played, 0 containers", undefined],
    ["agent's memory, played, 1000 containers", 90],
  ]);
});
