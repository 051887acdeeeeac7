import { AppError } from "../core/app-error.ts";
import { parseDuration } from "../core/duration.ts";

const SECONDS = /^\d{1,6}(\.\d{1,3})?$/;
const MAX_MS = 24 * 3_600_000;

/** Milliseconds of `--timeout`: seconds as a bare number, or a duration. Throws `invalid`. */
export function parseTimeout(text: string): number {
  const ms = SECONDS.test(text) ? Math.round(Number(text) * 1_000) : parseDuration(text);
  if (ms >= 1 && ms <= MAX_MS) return ms;
  throw new AppError("invalid", "TIMEOUT_OUT_OF_RANGE", `--timeout ${text} is out of range`, { hint: "it is more than 0 and at most 24h" });
}
