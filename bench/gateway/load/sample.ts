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

export function toSample(totals: WrkTotals, cpuUs: number, rightAnswerBytes: number, connections: number): Sample {
  return {
    requestsPerSecond: (totals.requests / totals.durationUs) * 1e6,
    p50Us: totals.p50Us,
    p99Us: totals.p99Us,
    cpuUsPerRequest: totals.requests === 0 ? 0 : cpuUs / totals.requests,
    requests: totals.requests,
    errors: countErrors(totals),
    wrongSize: !isRightSize(totals, rightAnswerBytes, connections),
  };
}

export function countErrors(totals: WrkTotals): number {
  return totals.connect + totals.read + totals.write + totals.status + totals.timeout + totals.wrong;
}

const SIZE_TOLERANCE = 0.01;

/** wrk counts the bytes of answers that its end cut off, at most one for each connection. */
function isRightSize(totals: WrkTotals, rightAnswerBytes: number, connections: number): boolean {
  const expected = totals.requests * rightAnswerBytes;
  return Math.abs(totals.bytes - expected) <= SIZE_TOLERANCE * expected + connections * rightAnswerBytes;
}
