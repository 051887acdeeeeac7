import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../core/app-error.ts";
import { KINDS } from "../kinds/kinds.ts";
import { formatRef } from "../kinds/resource-ref.ts";
import type { CliDeps } from "../ports.ts";
import { readFile } from "../read-text.ts";
import { parseDocument, type SpecDocument } from "./parse-document.ts";
import { parseYaml } from "./parse-yaml.ts";
import { YAML_LIMITS } from "./scan-yaml.ts";

const EXTENSION = /\.(ya?ml|json)$/i;

/**
 * The documents of files, of folders (their *.yaml, *.yml and *.json, in the order of their names) and of standard
 * input (`-`), what others are made of first. Nothing is given where one of them is wrong.
 *
 * Throws `invalid`: `FILE_UNREADABLE`, `DOCUMENTS_MISSING`, `DOCUMENT_TWICE` and as parsing does.
 */
export async function readDocuments(deps: Pick<CliDeps, "readStdin">, paths: readonly string[]): Promise<readonly SpecDocument[]> {
  const documents: SpecDocument[] = [];
  for (const path of paths.flatMap(sourcesOf)) {
    const text = path === "-" ? await deps.readStdin(YAML_LIMITS.bytes) : readFile(path, YAML_LIMITS.bytes);
    documents.push(...parseYaml(path === "-" ? "stdin" : path, text).map(parseDocument));
    if (documents.length > YAML_LIMITS.documents)
      throw new AppError("invalid", "YAML_LIMIT_EXCEEDED", `There are more than ${YAML_LIMITS.documents} documents`);
  }
  if (documents.length === 0) throw new AppError("invalid", "DOCUMENTS_MISSING", `There is no document in ${paths.join(", ")}`);
  requireEachOnce(documents);
  return documents.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

function sourcesOf(path: string): readonly string[] {
  if (path === "-") return [path];
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return [path];
  try {
    const found = readdirSync(path).filter((name) => EXTENSION.test(name));
    return found.sort().map((name) => join(path, name));
  } catch (cause) {
    throw new AppError("invalid", "FILE_UNREADABLE", `${path} cannot be read: ${(cause as { code?: string }).code}`, { cause });
  }
}

/** Which of two would hold is nobody's guess. */
function requireEachOnce(documents: readonly SpecDocument[]): void {
  const seen = new Map<string, string>();
  for (const { kind, ref, where } of documents) {
    const name = formatRef(kind, ref);
    const before = seen.get(name);
    if (before !== undefined) throw new AppError("invalid", "DOCUMENT_TWICE", `${where}: ${name} stands in ${before} already`);
    seen.set(name, where);
  }
}
