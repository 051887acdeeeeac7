const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** How long ago an instant is, as short as kubectl says it: `45s`, `5m30s`, `3h`, `4d`, `2y`. */
export function ageOf(instant: string, now: Date): string {
  return formatSpan(Math.max(0, now.getTime() - Date.parse(instant)));
}

/** `5m ago`; `never` for none. */
export function agoOf(instant: string | null, now: Date): string {
  return instant === null ? "never" : `${ageOf(instant, now)} ago`;
}

/** `in 29d`, `2h ago`; `never` for none. */
export function untilOf(instant: string | null, now: Date): string {
  if (instant === null) return "never";
  const left = Date.parse(instant) - now.getTime();
  return left > 0 ? `in ${formatSpan(left)}` : `${formatSpan(-left)} ago`;
}

/** Milliseconds in one unit, or in two where the first alone would say too little. */
export function formatSpan(ms: number): string {
  if (ms < 2 * MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < 10 * MINUTE) return twoUnits(ms, MINUTE, "m", SECOND, "s");
  if (ms < 3 * HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < 8 * HOUR) return twoUnits(ms, HOUR, "h", MINUTE, "m");
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`;
  if (ms < 8 * DAY) return twoUnits(ms, DAY, "d", HOUR, "h");
  if (ms < 2 * YEAR) return `${Math.floor(ms / DAY)}d`;
  if (ms < 8 * YEAR) return twoUnits(ms, YEAR, "y", DAY, "d");
  return `${Math.floor(ms / YEAR)}y`;
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)}${largeName}${rest === 0 ? "" : `${rest}${smallName}`}`;
}
