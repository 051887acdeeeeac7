import type { Row, Upstream } from "../load/measure-rounds.ts";
import type { Sample } from "../load/sample.ts";
import { type Spread, spreadOfPairs } from "./statistics.ts";

/** One target held against another, round by round. */
export interface Comparison {
  readonly upstream: Upstream;
  readonly call: string;
  readonly connections: number;
  readonly target: string;
  readonly against: string;
  readonly unit:
    | "times the requests/s"
    | "times the processor time"
    | "µs added to p50"
    | "times the p99"
    | "µs p50"
    | "KiB"
    | "times the memory";
  readonly spread: Spread;
  readonly goal: Goal | undefined;
}

export interface Goal {
  readonly bound: "at least" | "at most";
  readonly value: number;
  readonly met: boolean;
}

/** What the gateway is held to. It is printed and decides nothing. */
export const GOALS = {
  timesNginx: 0.6,
  timesNginxBig: 0.7,
  addedP50Us: 150,
  timesNginxP99: 2,
  timesStdioPeer: 5,
  manyListsUs: 5000,
  timesAloneP99: 1.1,
} as const;

/** p99 is held against nginx's where there is most to wait for. */
const P99_CONNECTIONS = 32;
const HEADLINE = "gateway";

/** Everything that the measured rows say about each other; where a partner was not measured, nothing. */
export function compareRows(rows: readonly Row[]): readonly Comparison[] {
  return rows.flatMap((row) => {
    const beside = (target: string) => rows.find((other) => other.target === target && isSameLoad(row, other));
    return COMPARE[row.upstream](row, beside);
  });
}

type Beside = (target: string) => Row | undefined;

const COMPARE: Readonly<Record<Upstream, (row: Row, beside: Beside) => readonly Comparison[]>> = {
  HTTP: compareHttp,
  stdio: compareStdio,
  "50 servers": compareMany,
  "20 servers": compareIsolated,
  workers: compareWorkers,
};

function compareHttp(row: Row, beside: Beside): readonly Comparison[] {
  const direct = beside("direct");
  const nginx = beside("nginx");
  const isHeadline = row.target === HEADLINE;
  const isSmall = row.call.startsWith("echo");
  const found: Comparison[] = [];
  if (isGateway(row) && nginx !== undefined) {
    const least = isSmall ? GOALS.timesNginx : GOALS.timesNginxBig;
    found.push(throughput(row, nginx, isHeadline ? least : undefined), processorTime(row, nginx));
    if (row.connections === P99_CONNECTIONS) found.push(tail(row, nginx, isHeadline ? GOALS.timesNginxP99 : undefined));
  }
  if (row.target !== "direct" && direct !== undefined && row.connections === 1) {
    found.push(addedP50(row, direct, isHeadline && isSmall ? GOALS.addedP50Us : undefined));
  }
  return found;
}

function compareStdio(row: Row, beside: Beside): readonly Comparison[] {
  if (!isGateway(row)) return [];
  const peers = ["mcp-proxy", "supergateway"].map(beside).filter((peer) => peer !== undefined);
  return peers.map((peer) => throughput(row, peer, GOALS.timesStdioPeer));
}

function compareMany(row: Row, beside: Beside): readonly Comparison[] {
  if (!isGateway(row)) return [];
  const hub = beside("mcp-hub");
  const spread = pair(
    row,
    row,
    (sample) => sample.p50Us,
    (value) => value,
  );
  const goal = atMost(GOALS.manyListsUs, spread.median);
  const own: Comparison = { ...sides(row, row), against: "its budget", unit: "µs p50", spread, goal };
  return hub === undefined ? [own] : [own, throughput(row, hub, undefined)];
}

function compareIsolated(row: Row, beside: Beside): readonly Comparison[] {
  const alone = beside("12 servers");
  return alone === undefined || alone === row ? [] : [tail(row, alone, GOALS.timesAloneP99), throughput(row, alone, undefined)];
}

function compareWorkers(row: Row, beside: Beside): readonly Comparison[] {
  const one = beside("1 worker");
  return one === undefined || one === row ? [] : [throughput(row, one, undefined), tail(row, one, undefined), processorTime(row, one)];
}

function isGateway(row: Row): boolean {
  return row.target.startsWith("gateway");
}

function isSameLoad(one: Row, other: Row): boolean {
  return one.upstream === other.upstream && one.call === other.call && one.connections === other.connections;
}

function throughput(row: Row, against: Row, atLeast: number | undefined): Comparison {
  const spread = pair(row, against, (sample) => sample.requestsPerSecond, quotient);
  const goal: Goal | undefined = atLeast === undefined ? undefined : { bound: "at least", value: atLeast, met: spread.median >= atLeast };
  return { ...sides(row, against), unit: "times the requests/s", spread, goal };
}

function processorTime(row: Row, against: Row): Comparison {
  const spread = pair(row, against, (sample) => sample.cpuUsPerRequest, quotient);
  return { ...sides(row, against), unit: "times the processor time", spread, goal: undefined };
}

function addedP50(row: Row, against: Row, most: number | undefined): Comparison {
  const spread = pair(row, against, (sample) => sample.p50Us, difference);
  const goal = most === undefined ? undefined : atMost(most, spread.median);
  return { ...sides(row, against), unit: "µs added to p50", spread, goal };
}

function tail(row: Row, against: Row, most: number | undefined): Comparison {
  const spread = pair(row, against, (sample) => sample.p99Us, quotient);
  const goal = most === undefined ? undefined : atMost(most, spread.median);
  return { ...sides(row, against), unit: "times the p99", spread, goal };
}

export function atMost(value: number, found: number): Goal {
  return { bound: "at most", value, met: found <= value };
}

function pair(row: Row, against: Row, read: (sample: Sample) => number, combine: (left: number, right: number) => number): Spread {
  return spreadOfPairs(row.samples.map(read), against.samples.map(read), combine);
}

function sides({ upstream, call, connections, target }: Row, against: Row): Omit<Comparison, "unit" | "spread" | "goal"> {
  return { upstream, call, connections, target, against: against.target };
}

function quotient(left: number, right: number): number {
  return left / right;
}

function difference(left: number, right: number): number {
  return left - right;
}
