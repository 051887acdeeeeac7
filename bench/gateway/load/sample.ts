import type { WrkTotals } from "./run-wrk.ts";

/** One measured run of one target, in the units of the report. */
export interface Sample {
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Processor time of the proxy's processes for one request. */
  readonly cpuUsPerRequest: number;
  readonly requests: number;
  /** Answers that were not 2xx, connections that failed, timeouts. */
  readonly errors: number;
  /** The mean size of an answer was not that of a right one: an error with status 200 is among them. */
  readonly wrongSize: boolean;
}

export function toSample(totals: WrkTotals, cpuUs: number, right: RightAnswer, connections: number): Sample {
  return {
    requestsPerSecond: (totals.requests / totals.durationUs) * 1e6,
    p50Us: totals.p50Us,
    p99Us: totals.p99Us,
    cpuUsPerRequest: totals.requests === 0 ? 0 : cpuUs / totals.requests,
    requests: totals.requests,
    errors: countErrors(totals),
    wrongSize: !isRightSize(totals, right, connections),
  };
}

export function countErrors(totals: WrkTotals): number {
  return totals.connect + totals.read + totals.write + totals.status + totals.timeout + totals.wrong;
}

/** How large a right answer is, headers included, learned from a run whose answers were read. */
export interface RightAnswer {
  readonly bytes: number;
  /** How far off that may be, as a share. */
  readonly uncertainty: number;
}

/** wrk counts the bytes of answers that its end cut off, at most one for each connection. */
export function learnRightAnswer(totals: WrkTotals, connections: number): RightAnswer {
  return { bytes: totals.bytes / totals.requests, uncertainty: connections / totals.requests };
}

/** Headers and framing vary a little from answer to answer. */
const SIZE_TOLERANCE = 0.01;

function isRightSize(totals: WrkTotals, right: RightAnswer, connections: number): boolean {
  const expected = totals.requests * right.bytes;
  return Math.abs(totals.bytes - expected) <= (SIZE_TOLERANCE + right.uncertainty) * expected + connections * right.bytes;
}
