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
  expect(found[0]).toMatchObject({ target: "gateway", against: "nginx", spread: { median: 0.49 }, goal: { value: 0.5, met: false } });
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

test("a row without goals says so", () => {
  const found = compareRows([row("HTTP", "nginx", 1000), row("HTTP", "gateway (one server)", 490)]);
  expect(found.map(({ goal }) => goal)).toEqual([undefined, undefined]);
});
