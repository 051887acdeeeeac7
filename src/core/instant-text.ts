let last = { ms: Number.NaN, text: "" };

/** A date as `toISOString` has it. Many events share their millisecond with the one before. Throws RangeError for no date. */
export function instantText(date: Date): string {
  const ms = date.getTime();
  if (ms !== last.ms) last = { ms, text: date.toISOString() };
  return last.text;
}
