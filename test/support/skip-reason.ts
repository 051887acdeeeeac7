/** The title of a test that is left out here: the runner prints what stands in the brackets. */
export function skippedTitle(title: string, reason: string): string {
  return `${title} [skipped: ${reason}]`;
}

/** The reason in a skipped test's title, or undefined where it gives none. */
export function skipReason(title: string): string | undefined {
  return / \[skipped: (.+)\]$/.exec(title)?.[1];
}
