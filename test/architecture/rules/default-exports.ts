import type { Rule, SourceFile } from "../source-file.ts";
import { type Token, tokenize } from "../tokenize.ts";

/** A name is chosen once, where a thing is made; a default export lets every importer choose another. */
export const defaultExports: Rule = (files) => files.flatMap(inFile);

function inFile(file: SourceFile): ReturnType<Rule> {
  const tokens = tokenize(file.text);
  return tokens
    .filter((_, index) => isDefaultExport(tokens, index))
    .map(({ line }) => ({ path: file.path, line, rule: "default-exports", message: "export it by its name instead" }));
}

function isDefaultExport(tokens: readonly Token[], index: number): boolean {
  if (tokens[index]?.kind !== "word" || tokens[index].text !== "export") return false;
  const next = tokens[index + 1]?.text;
  if (next === "default" || next === "=") return true;
  if (next !== "{") return false;
  const end = tokens.findIndex((token, at) => at > index && token.text === "}");
  return tokens.slice(index, end).some((token, offset, clause) => token.text === "default" && clause[offset - 1]?.text === "as");
}
