/** Longer words are not compared: the cost grows with the product of both lengths. */
const MAX_LENGTH = 128;

/**
 * Up to `limit` of `known` that a person who wrote `word` may have meant, best first.
 *
 * A name counts when few letters differ (a third of the longer one, at least two), or
 * when one holds the other, as `content.search` and `content__evo.content.search`.
 */
export function nearest(word: string, known: Iterable<string>, limit = 1): string[] {
  const wanted = word.toLowerCase();
  const scored: { name: string; score: number }[] = [];
  for (const name of known) {
    const score = likeness(wanted, name.toLowerCase());
    if (score !== undefined) scored.push({ name, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return scored.slice(0, limit).map((entry) => entry.name);
}

/** Smaller is nearer; undefined is no likeness at all. A holding name ranks behind a near one. */
function likeness(wanted: string, name: string): number | undefined {
  if (wanted === "" || wanted.length > MAX_LENGTH || name.length > MAX_LENGTH) return undefined;
  const longer = Math.max(wanted.length, name.length);
  const allowed = Math.max(2, Math.floor(longer / 3));
  const distance = longer === 1 ? longer : editDistance(wanted, name);
  if (distance <= allowed && distance < longer) return distance;
  if (wanted.length > 2 && name.length > 2 && (name.includes(wanted) || wanted.includes(name))) return allowed + distance;
  return undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const best = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      current.push(swapped ? Math.min(best, at(beforeLast, column - 2) + 1) : best);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
