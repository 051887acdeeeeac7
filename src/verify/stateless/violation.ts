/** One thing that a container does against the stateless contract, in words that stand alone. */
export interface Violation {
  /** What it did: `Container wrote files outside tmpfs directories`. */
  readonly title: string;
  readonly expected: string;
  readonly actual: string;
  /** Paths, tools, log lines: what was found, one line each. */
  readonly found?: readonly string[];
  readonly requirements: readonly string[];
  readonly remedy: { readonly fix: string } | { readonly recommendations: readonly string[] };
  /** What may come of it. */
  readonly risk?: string;
}

const MAX_FOUND = 20;

/** For people: `FAIL:`, what was expected, what was seen and what to do. No line end at the end. */
export function renderViolation({ title, expected, actual, found = [], requirements, remedy, risk }: Violation): string {
  const more = found.length > MAX_FOUND ? [`  … and ${found.length - MAX_FOUND} more`] : [];
  return [
    `FAIL: ${title}`,
    "",
    `Expected: ${expected}`,
    `Actual: ${actual}`,
    ...(found.length === 0 ? [] : ["", ...found.slice(0, MAX_FOUND).map((line) => `  - ${line}`), ...more]),
    ...(requirements.length === 0 ? [] : ["", "Stateless deployment requires:", ...requirements.map((line) => `  - ${line}`)]),
    ...("fix" in remedy
      ? ["", `Fix: ${remedy.fix}`]
      : ["", "Recommendations:", ...remedy.recommendations.map((line, index) => `  ${index + 1}. ${line}`)]),
    ...(risk === undefined ? [] : ["", `Security risk: ${risk}`]),
  ].join("\n");
}
