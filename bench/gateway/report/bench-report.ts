import type { Row, Upstream } from "../load/measure-rounds.ts";
import type { MachineFacts } from "../machine/machine-facts.ts";
import type { BenchOptions } from "../options.ts";
import type { NotMeasured } from "../targets/target.ts";
import type { Comparison } from "./compare.ts";

/** What a run found out; this is the JSON. Times are microseconds. */
export interface BenchReport {
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly options: BenchOptions;
  readonly machine: MachineFacts;
  readonly targets: readonly { readonly upstream: Upstream; readonly name: string; readonly how: string }[];
  readonly rows: readonly Row[];
  readonly comparisons: readonly Comparison[];
  readonly memory: readonly Memory[];
  /** Undefined where it was not measured. */
  readonly sessions: SessionsReport | undefined;
  readonly notMeasured: readonly NotMeasured[];
}

/** What a proxy holds once its measurements are over. */
export interface Memory {
  readonly upstream: Upstream;
  readonly target: string;
  readonly residentKiB: number;
}

/** What the gateway holds after each round of so many sessions that were opened and abandoned. */
export interface SessionsReport {
  readonly sessions: number;
  readonly residentKiB: readonly number[];
}
