import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
} from "yaml";
import { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";
import { requireModestYaml, tooDeep, YAML_LIMITS } from "./scan-yaml.ts";

/** A document with where its parts stand. */
export interface RawDocument {
  readonly value: unknown;
  /** `file:line` of the part at this path, or of the nearest one around it; a key where `ofKey` says so. */
  where(path: readonly PropertyKey[], ofKey?: string): string;
}

/**
 * The documents of a YAML or JSON text, empty ones left out; a list at the top is as many documents.
 * Throws `invalid`: `YAML_LIMIT_EXCEEDED`, `YAML_INVALID` with `file:line`.
 */
export function parseYaml(source: string, text: string): readonly RawDocument[] {
  requireModestYaml(source, text);
  const lines = new LineCounter();
  // Keys are compared below, each with a set: the parser compares each with all others.
  const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, logLevel: "silent" });
  const at = (offset: number | undefined) => `${source}:${lines.linePos(offset ?? 0).line || 1}`;
  const documents = (Array.isArray(parsed) ? parsed : []).filter((each) => each.errors.length > 0 || each.contents !== null);
  if (documents.length > YAML_LIMITS.documents) throw tooMany(source);
  return documents.flatMap((each) => rawDocuments(source, each, at));
}

function rawDocuments(source: string, document: Document.Parsed, at: (offset: number | undefined) => string): readonly RawDocument[] {
  const [error] = document.errors;
  if (error !== undefined) throw invalid(at(error.pos[0]), error.message);
  requireSound(source, document.contents, 0, at);
  const value = toValue(source, document);
  if (isScalar(document.contents) && value === null) return [];
  const where = (path: readonly PropertyKey[], ofKey?: string) => at(offsetOf(document, path, ofKey));
  if (!Array.isArray(value)) return [{ value, where }];
  if (value.length > YAML_LIMITS.documents) throw tooMany(source);
  return value.map((item, index) => ({ value: item, where: (path, ofKey) => where([index, ...path], ofKey) }));
}

/** Depth as the parser found it, and no key twice. */
function requireSound(source: string, node: unknown, depth: number, at: (offset: number | undefined) => string): void {
  if (!isCollection(node)) return;
  if (depth >= YAML_LIMITS.depth) throw tooDeep(source);
  const seen = new Set<string>();
  for (const item of node.items as unknown[]) {
    if (!isPair(item)) {
      requireSound(source, item, depth + 1, at);
      continue;
    }
    const key = isScalar(item.key) ? String(item.key.value) : "";
    if (!isScalar(item.key)) throw invalid(at(rangeOf(item.key)), "a key must be a word");
    if (seen.has(key)) throw invalid(at(rangeOf(item.key)), `'${oneLine(key, 60)}' stands twice`);
    seen.add(key);
    requireSound(source, item.value, depth + 1, at);
  }
}

function toValue(source: string, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: YAML_LIMITS.aliases });
  } catch (cause) {
    // The library has a ReferenceError for both: an alias of nothing, and one that grows.
    throw new AppError(
      "invalid",
      "YAML_LIMIT_EXCEEDED",
      `${source} has aliases that name nothing or grow to more than ${YAML_LIMITS.aliases} nodes`,
      { cause },
    );
  }
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], ofKey: string | undefined): number | undefined {
  let node: unknown = document.contents;
  for (const key of path) {
    const inner: unknown = isCollection(node) ? node.get(key as string | number, true) : undefined;
    if (!isNode(inner) || isAlias(inner)) break;
    node = inner;
  }
  const pair = ofKey !== undefined && isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === ofKey) : undefined;
  return rangeOf(pair?.key ?? node);
}

function rangeOf(node: unknown): number | undefined {
  return (node as ParsedNode | null | undefined)?.range?.[0];
}

function invalid(where: string, why: string): AppError {
  return new AppError("invalid", "YAML_INVALID", `${where}: ${why}`);
}

function tooMany(source: string): AppError {
  return new AppError("invalid", "YAML_LIMIT_EXCEEDED", `${source} has more than ${YAML_LIMITS.documents} documents`);
}
