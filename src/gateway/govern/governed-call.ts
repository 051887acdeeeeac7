import type { CallsAtOnce } from "../rate/calls-at-once.ts";
import type { ResultLimits } from "../result/result-limits.ts";
import type { Streaming } from "../stream/decide-streaming.ts";

/** What policy says of a call that was admitted. */
export interface GovernedCall {
  /** Who is asked for the calls that they have in flight. */
  readonly identity: string;
  /** Where it counts while it is in flight. */
  readonly atOnce: CallsAtOnce;
  readonly results: ResultLimits;
  readonly streaming: Streaming;
}
