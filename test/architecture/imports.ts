import { posix } from "node:path";
import type { SourceFile } from "./source-file.ts";
import { type Token, tokenize } from "./tokenize.ts";

export interface ImportedName {
  /** The name on the exporting side; `*` for a whole namespace, `default` for a default import. */
  readonly name: string;
  readonly typeOnly: boolean;
}

/** One `import … from`, `export … from`, `import "…"`, `import("…")` or `require("…")`. */
export interface Import {
  /** As written, or `undefined` where the path is computed and cannot be known here. */
  readonly specifier: string | undefined;
  readonly names: readonly ImportedName[];
  readonly line: number;
}

const parsed = new WeakMap<SourceFile, readonly Import[]>();

/** All imports of a file, type-only ones included, in the order of the text. */
export function importsOf(file: SourceFile): readonly Import[] {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const tokens = tokenize(file.text);
  const imports = tokens.flatMap((_, index) => importAt(tokens, index) ?? []);
  parsed.set(file, imports);
  return imports;
}

/** The path from the root that a relative import means: `src/core/clock.ts`. Undefined for a library. */
export function resolveImport(from: string, specifier: string): string | undefined {
  return /^\.\.?(\/|$)/.test(specifier) ? posix.join(posix.dirname(from), specifier) : undefined;
}

function importAt(tokens: readonly Token[], index: number): Import | undefined {
  const token = tokens[index];
  if (token?.kind !== "word" || isProperty(tokens, index)) return undefined;
  if (token.text === "require" && tokens[index + 1]?.text === "(") return callAt(tokens, index);
  if (token.text === "export") return clauseAt(tokens, index);
  if (token.text !== "import") return undefined;
  return tokens[index + 1]?.text === "(" ? callAt(tokens, index) : clauseAt(tokens, index);
}

function isProperty(tokens: readonly Token[], index: number): boolean {
  return [".", "?."].includes(tokens[index - 1]?.text ?? "");
}

/** `import("…")`, as an expression or as a type; also `require("…")`. */
function callAt(tokens: readonly Token[], index: number): Import {
  const path = tokens[index + 2];
  const constant = path?.kind === "string" || (path?.kind === "template" && !path.text.includes("${"));
  const end = tokens[index + 3]?.text;
  const specifier = constant && (end === ")" || end === ",") ? path.text : undefined;
  return { specifier, names: [{ name: "*", typeOnly: false }], line: tokens[index]?.line ?? 0 };
}

/** `import … from "…"`, `import "…"` and `export … from "…"`; other exports are no imports. */
function clauseAt(tokens: readonly Token[], index: number): Import | undefined {
  const line = tokens[index]?.line ?? 0;
  const isImport = tokens[index]?.text === "import";
  const names: ImportedName[] = [];
  let at = index + 1;
  if (isImport && tokens[at]?.kind === "string") return { specifier: tokens[at]?.text, names, line };
  const clauseIsType = tokens[at]?.text === "type" && !["from", ",", "="].includes(tokens[at + 1]?.text ?? "");
  if (clauseIsType) at += 1;
  if (!isImport && tokens[at]?.text !== "{" && tokens[at]?.text !== "*") return undefined;
  for (; tokens[at] !== undefined && tokens[at]?.text !== "from"; at += 1) {
    if (!CLAUSE_TOKEN(tokens[at])) return undefined;
    const name = nameAt(tokens, at);
    if (name !== undefined) names.push({ ...name, typeOnly: clauseIsType || name.typeOnly });
  }
  const path = tokens[at + 1];
  return path?.kind === "string" ? { specifier: path.text, names, line } : undefined;
}

const CLAUSE_TOKEN = (token: Token | undefined): boolean =>
  token !== undefined && (token.kind === "word" || token.kind === "string" || ["{", "}", ",", "*"].includes(token.text));

/** The imported name that starts at `at`, if one does: not `as`, not the local name after it, not the word `type`. */
function nameAt(tokens: readonly Token[], at: number): ImportedName | undefined {
  const token = tokens[at];
  if (token?.text === "*") return { name: "*", typeOnly: false };
  if (token?.kind !== "word" && token?.kind !== "string") return undefined;
  const before = tokens[at - 1]?.text;
  const isTyped = before === "type" && ["{", ","].includes(tokens[at - 2]?.text ?? "");
  if (isTyped && ["as", "from"].includes(token.text)) return undefined;
  if (before === "{" || before === "," || isTyped) {
    const isKeyword = token.text === "type" && !isTyped && !["}", ",", "as"].includes(tokens[at + 1]?.text ?? "");
    return isKeyword ? undefined : { name: token.text, typeOnly: isTyped };
  }
  const isDefault = (before === "import" || before === "type") && token.text !== "type";
  return isDefault ? { name: "default", typeOnly: false } : undefined;
}
