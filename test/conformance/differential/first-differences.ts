const CONTEXT = 40;
const SHOWN = 120;

/** Where two texts part; undefined where they are the same. Texts are too long to be shown whole. */
export interface TextDifference {
  readonly what: string;
  readonly at: number;
  readonly wanted: string;
  readonly seen: string;
}

/** The first difference of each pair of texts that are not the same, byte for byte. */
export function firstDifferences(
  pairs: readonly { readonly what: string; readonly wanted: string; readonly seen: string }[],
): TextDifference[] {
  return pairs
    .filter(({ wanted, seen }) => wanted !== seen)
    .map(({ what, wanted, seen }) => {
      const at = firstDifference(wanted, seen);
      const around = (text: string) => text.slice(Math.max(0, at - CONTEXT), at + SHOWN);
      return { what, at, wanted: around(wanted), seen: around(seen) };
    });
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  return at;
}
