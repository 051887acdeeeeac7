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
  readonly unit: "times the requests/s" | "times the processor time" | "µs added to p50";
  readonly spread: Spread;
  readonly goal: Goal | undefined;
}

export interface Goal {
  readonly bound: "at least" | "at most";
  readonly value: number;
  readonly met: boolean;
}

/** What the gateway is held to for now. It is printed and decides nothing. */
export const GOALS = { timesNginx: 0.5, addedP50Us: 150, timesStdioPeer: 4 } as const;

const HEADLINE = { call: "echo 200 B", target: "gateway" };

/** Everything that the measured rows say about each other; where a partner was not measured, nothing. */
export function compareRows(rows: readonly Row[]): readonly Comparison[] {
  return rows.flatMap((row) => {
    const beside = (target: string) => rows.find((other) => other.target === target && isSameLoad(row, other));
    return row.upstream === "HTTP" ? compareHttp(row, beside) : compareStdio(row, beside);
  });
}

type Beside = (target: string) => Row | undefined;

function compareHttp(row: Row, beside: Beside): readonly Comparison[] {
  const direct = beside("direct");
  const nginx = beside("nginx");
  const goals = row.target === HEADLINE.target && row.call === HEADLINE.call ? GOALS : undefined;
  const found: Comparison[] = [];
  if (isGateway(row) && nginx !== undefined) found.push(throughput(row, nginx, goals?.timesNginx), processorTime(row, nginx));
  if (row.target !== "direct" && direct !== undefined && row.connections === 1) found.push(addedP50(row, direct, goals?.addedP50Us));
  return found;
}

function compareStdio(row: Row, beside: Beside): readonly Comparison[] {
  if (!isGateway(row)) return [];
  const peers = ["mcp-proxy", "supergateway"].map(beside).filter((peer) => peer !== undefined);
  return peers.map((peer) => throughput(row, peer, GOALS.timesStdioPeer));
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

function addedP50(row: Row, against: Row, atMost: number | undefined): Comparison {
  const spread = pair(row, against, (sample) => sample.p50Us, difference);
  const goal: Goal | undefined = atMost === undefined ? undefined : { bound: "at most", value: atMost, met: spread.median <= atMost };
  return { ...sides(row, against), unit: "µs added to p50", spread, goal };
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
