/** A figure at a number of containers. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** The straight line that lies closest to the points (least squares); NaN for less than two places. */
export function slopeOf(points: readonly Point[]): { readonly base: number; readonly each: number } {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [at, value] = [mean(points.map((point) => point.at)), mean(points.map((point) => point.value))];
  const squares = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  const each = points.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0) / squares;
  return { base: value - each * at, each };
}

/** What the line says of another number. */
export function extrapolated(points: readonly Point[], at: number): number {
  const { base, each } = slopeOf(points);
  return base + each * at;
}
