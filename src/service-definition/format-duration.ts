const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** The text that `parseDuration` reads as these milliseconds, a whole number: in the largest unit that holds it without a rest. */
export function formatDuration(ms: number): string {
  const [name, unit] = UNITS.find(([, size]) => ms > 0 && ms % size === 0) ?? ["ms", 1];
  return `${ms / unit}${name}`;
}
