/** What a pattern is compared with. */
export type GlobText = Pick<string, "length" | "charCodeAt">;

const STAR = 42;
const QUESTION = 63;

/**
 * Whether the whole of `text` fits `pattern`, where `*` is any text, `?` one UTF-16 unit, and all else itself.
 *
 * People write patterns, and clients write what they are compared with; so the time is linear in the text for any given
 * pattern (CVE-2026-0621 was one that was not): after a mismatch it goes back to the last `*` and no further, since
 * whatever an earlier `*` could take, the last one can take too.
 */
export function matchesGlob(pattern: GlobText, text: GlobText): boolean {
  let [at, from] = [0, 0];
  let [star, resumeAt] = [-1, 0];
  while (at < text.length) {
    const unit = from < pattern.length ? pattern.charCodeAt(from) : undefined;
    if (unit === STAR) {
      star = from;
      from += 1;
      resumeAt = at;
    } else if (unit === QUESTION || unit === text.charCodeAt(at)) {
      from += 1;
      at += 1;
    } else if (star < 0) {
      return false;
    } else {
      from = star + 1;
      resumeAt += 1;
      at = resumeAt;
    }
  }
  while (from < pattern.length && pattern.charCodeAt(from) === STAR) from += 1;
  return from === pattern.length;
}

/** Whether the text fits one of the patterns. */
export function matchesAnyGlob(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, text));
}
