import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Duration, type DurationSchema, type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { AppError } from "../../core/app-error.ts";

export function timestampOf(date: Date | undefined): Timestamp | undefined {
  return date === undefined ? undefined : timestampFromDate(date);
}

export function durationOf(ms: number): MessageInitShape<typeof DurationSchema> {
  const whole = Math.max(0, Math.round(ms));
  return { seconds: BigInt(Math.floor(whole / 1000)), nanos: (whole % 1000) * 1_000_000 };
}

/** Throws `invalid`/`REQUEST_INVALID`. */
export function parseTimestamp(field: string, timestamp: Timestamp | undefined): Date | undefined {
  if (timestamp === undefined) return undefined;
  const date = timestampDate(timestamp);
  if (!Number.isNaN(date.getTime())) return date;
  throw new AppError("invalid", "REQUEST_INVALID", `${field} is no time`);
}

/** Milliseconds. Throws `invalid`/`REQUEST_INVALID`. */
export function parseDurationMessage(field: string, duration: Duration | undefined, absentMs: number): number {
  if (duration === undefined) return absentMs;
  const ms = Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
  if (ms >= 0 && ms <= MAX_DURATION_MS) return ms;
  throw new AppError("invalid", "REQUEST_INVALID", `${field} must be between 0 and 24 hours`);
}

const MAX_DURATION_MS = 24 * 3_600_000;
