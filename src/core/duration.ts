import { AppError } from "./app-error.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;

/**
 * Milliseconds of a duration such as `500ms`, `10s`, `1.5m`, `12h` or `30d`.
 *
 * One number and one unit, no sign, rounded to whole milliseconds.
 * Throws `invalid`/`DURATION_INVALID`.
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text.trim().toLowerCase());
  const unitMs = UNIT_MS[match?.[2] ?? ""];
  if (match === null || unitMs === undefined) {
    throw new AppError("invalid", "DURATION_INVALID", `'${text}' is not a duration`, {
      hint: "write a number and a unit: 500ms, 10s, 2m, 12h or 30d",
    });
  }
  return Math.round(Number(match[1]) * unitMs);
}
