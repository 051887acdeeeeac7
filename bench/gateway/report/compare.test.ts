import { expect, test } from "bun:test";
import type { Row } from "../load/measure-rounds.ts";
import { compareRows } from "./compare.ts";

function row(upstream: Row["upstream"], target: string, requestsPerSecond: number, connections = 16): Row {
  const sample = {
    requestsPerSecond,
    p50Us: 1e6 / requestsPerSecond,
    p99Us: 0,
    cpuUsPerRequest: 10,
    requests: 1,
    errors: 0,
    wrongSize: false,
  };
  return { upstream, call: "echo 200 B", connections, target, samples: [sample] };
}

test("the gateway is held to a share of nginx's requests", () => {
  const found = compareRows([row("HTTP", "nginx", 1000), row("HTTP", "gateway", 490)]);
  expect(found[0]).toMatchObject({ target: "gateway", against: "nginx", spread: { median: 0.49 }, goal: { value: 0.6, met: false } });
});

test("the added p50 is taken at one connection only", () => {
  const rows = [1, 16].flatMap((c) => [row("HTTP", "direct", 10_000, c), row("HTTP", "gateway", 5_000, c)]);
  const added = compareRows(rows).filter((found) => found.unit === "µs added to p50");
  expect(added).toHaveLength(1);
  expect(added[0]).toMatchObject({ connections: 1, spread: { median: 100 }, goal: { bound: "at most", value: 150, met: true } });
});

test("rows with another upstream are never compared", () => {
  expect(compareRows([row("HTTP", "nginx", 1000), row("stdio", "gateway", 900)])).toEqual([]);
});

test("each stdio peer is compared with the gateway", () => {
  const found = compareRows([row("stdio", "gateway", 8000), row("stdio", "mcp-proxy", 1000), row("stdio", "supergateway", 4000)]);
  expect(found.map(({ against, spread, goal }) => [against, spread.median, goal?.met])).toEqual([
    ["mcp-proxy", 8, true],
    ["supergateway", 2, false],
  ]);
});

test("p99 is held to twice nginx's at 32 connections, and large results to a larger share", () => {
  const found = (connections: number, call: string) =>
    compareRows([
      { ...row("HTTP", "nginx", 1000, connections), call },
      { ...row("HTTP", "gateway", 650, connections), call },
    ]);
  expect(found(32, "echo 200 B").map(({ unit }) => unit)).toContain("times the p99");
  expect(found(16, "echo 200 B").map(({ unit }) => unit)).not.toContain("times the p99");
  expect([found(4, "echo 200 B")[0]?.goal?.met, found(4, "result 64 KiB")[0]?.goal?.met]).toEqual([true, false]);
});

test("a list of many servers has a budget of its own, with or without a peer", () => {
  const own = compareRows([row("50 servers", "gateway", 1000, 1)]);
  expect(own).toMatchObject([{ unit: "µs p50", spread: { median: 1000 }, goal: { bound: "at most", value: 5000, met: true } }]);
  const both = compareRows([row("50 servers", "gateway", 1000, 1), row("50 servers", "mcp-hub", 250, 1)]);
  expect(both.map(({ against, spread }) => [against, spread.median])).toEqual([
    ["its budget", 1000],
    ["mcp-hub", 4],
  ]);
});

test("servers beside others that misbehave are held to their p99 without them", () => {
  const at = (target: string, p99Us: number): Row => {
    const made = row("20 servers", target, 1000);
    return { ...made, samples: made.samples.map((sample) => ({ ...sample, p99Us })) };
  };
  const found = compareRows([at("12 servers", 1000), at("12 of 20 servers, beside 8 that misbehave", 1090)]);
  expect(found[0]).toMatchObject({
    against: "12 servers",
    unit: "times the p99",
    spread: { median: 1.09 },
    goal: { value: 1.1, met: true },
  });
});

test("several workers are held against one, without a goal: the cores are the load generator's too", () => {
  const found = compareRows([row("workers", "1 worker", 1000, 32), row("workers", "2 workers", 1500, 32)]);
  expect(found.map(({ target, against, spread, goal }) => [target, against, spread.median, goal])[0]).toEqual([
    "2 workers",
    "1 worker",
    1.5,
    undefined,
  ]);
});

test("a row without goals says so", () => {
  const found = compareRows([row("HTTP", "nginx", 1000), row("HTTP", "gateway (one server)", 490)]);
  expect(found.map(({ goal }) => goal)).toEqual([undefined, undefined]);
});
