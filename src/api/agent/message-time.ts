import { type Duration, durationFromMs, type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";

/** An instant of a message; undefined where it has none. */
export function dateOf(at: Timestamp | undefined): Date | undefined {
  return at === undefined ? undefined : timestampDate(at);
}

export function timestampOf(at: Date): Timestamp {
  return timestampFromDate(at);
}

/** Milliseconds of a message's duration; undefined where it has none. */
export function msOf(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) * 1_000 + Math.trunc(duration.nanos / 1e6);
}

export function durationOf(ms: number): Duration {
  return durationFromMs(ms);
}
