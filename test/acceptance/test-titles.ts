import { type Token, tokenize } from "../architecture/tokenize.ts";

/**
 * The titles of the tests in a file, as the file writes them: `%s` and template holes stay.
 *
 * A test is a call of `test`, `it`, a name that starts with one of them or with `requires` (`testWithBuf`, `requiresPodman`), or
 * `requires(…)(…)`, whose first argument is a text. `test.skip` and `test.todo` prove nothing
 * and are left out.
 */
export function testTitles(text: string): readonly string[] {
  const tokens = tokenize(text);
  return tokens.flatMap((token, index) => {
    const isTitle = (token.kind === "string" || token.kind === "template") && tokens[index - 1]?.text === "(";
    return isTitle && isTestCall(tokens, index - 2) ? [withoutEscapes(token.text)] : [];
  });
}

/** `end` is the last token of what is called. */
function isTestCall(tokens: readonly Token[], end: number): boolean {
  const chain = calleeWords(tokens, end);
  if (chain.includes("skip") || chain.includes("todo")) return false;
  const [root = ""] = chain;
  return /^(test|it|requires(?=[A-Z]))([A-Z]\w*)?$/.test(root) || (root === "requires" && tokens[end]?.text === ")");
}

/** The names in `a.b(…)(…)`, read backwards from its end; arguments are skipped. */
function calleeWords(tokens: readonly Token[], end: number): readonly string[] {
  let at = end;
  while (tokens[at]?.text === ")") at = openingOf(tokens, at) - 1;
  const token = tokens[at];
  if (token?.kind !== "word") return [];
  const before = tokens[at - 1]?.text === "." ? calleeWords(tokens, at - 2) : [];
  return [...before, token.text];
}

/** The index of the `(` that the `)` at `close` ends. */
function openingOf(tokens: readonly Token[], close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at -= 1) {
    const token = tokens[at];
    if (token?.kind !== "punctuation") continue;
    if (token.text === ")") depth += 1;
    if (token.text === "(") depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}

function withoutEscapes(written: string): string {
  return written.replace(/\\([\\'"`$])/g, "$1");
}
