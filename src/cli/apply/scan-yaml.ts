import { Lexer } from "yaml";
import { AppError } from "../../core/app-error.ts";

/** What a source may have at most. The parser nests as deep as its text, so depth is held before it runs. */
export const YAML_LIMITS = { bytes: 1024 * 1024, documents: 1000, depth: 32, column: 256, aliases: 100 } as const;

const SCALAR_FOLLOWS = "\u001f";

/** Looks at the tokens alone, in a time linear in the text. Throws `invalid`/`YAML_LIMIT_EXCEEDED`, naming the limit. */
export function requireModestYaml(source: string, text: string): void {
  if (Buffer.byteLength(text) > YAML_LIMITS.bytes) throw exceeded(source, `larger than ${YAML_LIMITS.bytes / 1024} KiB`);
  const count = { documents: 1, depth: 0, column: 0, aliases: 0 };
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    if (isScalar) {
      isScalar = false;
      // A long text may have lines of its own; what follows stands behind its last one.
      count.column = token.includes("\n") ? token.length - token.lastIndexOf("\n") - 1 : count.column + token.length;
      continue;
    }
    isScalar = token === SCALAR_FOLLOWS;
    const [first] = token;
    count.column = first === "\n" || first === "\r" ? 0 : count.column + token.length;
    if (token === "---") count.documents += 1;
    else if (first === "*") count.aliases += 1;
    else if (first === "[" || first === "{") count.depth += 1;
    else if (first === "]" || first === "}") count.depth -= 1;
    // Space counts where it indents a line, not where it stands behind a long text.
    const indents = first === " " && count.column === token.length;
    requireWithin(source, count, first === "-" || first === "?" || indents);
  }
}

function requireWithin(
  source: string,
  { documents, depth, column, aliases }: { documents: number; depth: number; column: number; aliases: number },
  opensBlock: boolean,
): void {
  if (documents > YAML_LIMITS.documents + 1) throw exceeded(source, `more than ${YAML_LIMITS.documents} documents`);
  if (aliases > YAML_LIMITS.aliases) throw exceeded(source, `more than ${YAML_LIMITS.aliases} aliases`);
  if (depth > YAML_LIMITS.depth) throw tooDeep(source);
  // A block is as deep as it is indented at most: by a list's dash, a key's question mark, or the space before a line.
  if (opensBlock && column > YAML_LIMITS.column && depth === 0) throw tooDeep(source);
}

export function tooDeep(source: string): AppError {
  return exceeded(source, `nested deeper than ${YAML_LIMITS.depth} levels`);
}

export function exceeded(source: string, what: string): AppError {
  return new AppError(
    "invalid",
    "YAML_LIMIT_EXCEEDED",
    `${source} is ${what.startsWith("more") ? "no document of ours: it has " : ""}${what}`,
  );
}
