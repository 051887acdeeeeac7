import { AppError } from "../core/app-error.ts";
import { parseDuration } from "../core/duration.ts";

const DURATION = /^\d+(\.\d+)?(ms|s|m|h|d)$/i;
/** A date, or a date and a time with its zone. */
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/i;

/**
 * When what lives for `text` from `now` on ends, as an ISO instant in UTC; null where it never does. `30d`, `12h`,
 * `never`, or an ISO 8601 date or instant. Throws `invalid`/`TTL_INVALID`.
 */
export function parseTtl(text: string, now: Date): string | null {
  const given = text.trim();
  if (given.toLowerCase() === "never") return null;
  const at = DURATION.test(given) ? now.getTime() + parseDuration(given) : ISO.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(at) || Math.abs(at) > 8.64e15) throw invalid(text, "is neither a duration nor a date");
  if (at <= now.getTime()) throw invalid(text, "ends at once: it lies in the past");
  return new Date(at).toISOString();
}

function invalid(text: string, why: string): AppError {
  return new AppError("invalid", "TTL_INVALID", `The time to live '${text}' ${why}`, {
    hint: "write 30d, 12h, never, or an ISO 8601 date such as 2027-01-31 or 2027-01-31T18:00:00Z",
  });
}
