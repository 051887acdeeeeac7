import { importsOf } from "../imports.ts";
import { layerOf, productFiles } from "../layers.ts";
import type { Rule, SourceFile, Violation } from "../source-file.ts";
import { type Token, tokenize } from "../tokenize.ts";

const RULE = "process-only-in-main";

/** Only src/main sees process, argv, env and signals; everything else takes them as arguments. */
export const processOnlyInMain: Rule = (files) =>
  productFiles(files)
    .filter((file) => layerOf(file.path) !== "main")
    .flatMap((file) => [...namesOf(file), ...importedOf(file)]);

function namesOf(file: SourceFile): readonly Violation[] {
  const tokens = tokenize(file.text);
  return tokens.flatMap((token, index) => {
    const name = globalAt(tokens, index);
    return name === undefined ? [] : [violation(file.path, token.line, name)];
  });
}

function importedOf(file: SourceFile): readonly Violation[] {
  return importsOf(file).flatMap(({ specifier, names, line }) => {
    if (specifier === "process" || specifier === "node:process") return [violation(file.path, line, specifier)];
    const banned = specifier === "bun" && names.some(({ name }) => name === "env" || name === "argv");
    return banned ? [violation(file.path, line, "env and argv of bun")] : [];
  });
}

function globalAt(tokens: readonly Token[], index: number): string | undefined {
  const text = (offset: number): string | undefined => tokens[index + offset]?.text;
  if (tokens[index]?.kind !== "word") return undefined;
  if (text(0) === "process" && isGlobal(tokens, index)) return "process";
  if (text(0) === "Bun" && text(1) === "[") return "Bun[…]";
  if (text(0) === "Bun" && text(1) === "." && (text(2) === "argv" || text(2) === "env")) return `Bun.${text(2)}`;
  const isMeta = text(0) === "import" && text(1) === "." && text(2) === "meta";
  return isMeta && text(3) === "." && text(4) === "env" ? "import.meta.env" : undefined;
}

/** Not a property or method that is merely called process: `queue.process(x)`, `{ process: 1 }`. */
function isGlobal(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text;
  if (before === "." || before === "?.") return tokens[index - 2]?.text === "globalThis";
  const after = tokens[index + 1]?.text;
  return after !== "(" && (after !== ":" || before === "?");
}

function violation(path: string, line: number, name: string): Violation {
  return {
    path,
    line,
    rule: RULE,
    message: `${name} belongs to src/main; take the value as an argument (a child process is better called child)`,
  };
}
