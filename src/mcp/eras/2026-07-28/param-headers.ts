/**
 * Arguments of a tool that travel in headers too: a property of its input schema with `"x-mcp-header": "Region"` goes
 * into `Mcp-Param-Region` (2026-07-28, Streamable HTTP, "Custom headers from tool parameters").
 */
import { encodeHeaderValue } from "./header-value.ts";

/** One argument that has a header: where it stands in the arguments, and the header's name in lower case. */
export interface ParamHeader {
  readonly path: readonly string[];
  readonly header: string;
}

/** What an input schema declares; or why it is invalid, which makes its tool unusable over HTTP. */
export type ParamHeaders = { readonly declared: readonly ParamHeader[] } | { readonly fault: string };

const KEY = "x-mcp-header";
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TYPES = new Set(["string", "integer", "boolean"]);
const MAX_DEPTH = 64;

/** Keywords with a subschema, or several in a list, and keywords with named subschemas: none of them leads to one fixed argument. */
const LISTS = ["items", "prefixItems", "contains", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames"];
const CONDITIONS = ["oneOf", "anyOf", "allOf", "not", "if", "then", "else"];
const NAMED = ["patternProperties", "dependentSchemas", "$defs", "definitions"];

/** Reads what the input schema of a tool declares. Pure; never throws. */
export function scanParamHeaders(inputSchema: unknown): ParamHeaders {
  const declared: ParamHeader[] = [];
  const fault = visit(inputSchema, [], true, declared, 0);
  if (fault !== undefined) return { fault };
  const names = declared.map(({ header }) => header);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? { declared } : { fault: `the header ${twice} is declared twice` };
}

/** The headers of one call. An argument that is absent or null has none, and so has what is no string, number or boolean. */
export function paramHeaders(declared: readonly ParamHeader[], args: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { path, header } of declared) {
    const text = argumentText(path, args);
    if (text !== undefined) headers[header] = encodeHeaderValue(text);
  }
  return headers;
}

/** What an argument is as text; undefined where it is absent, null, or nothing that goes into a header. */
export function argumentText(path: readonly string[], args: unknown): string | undefined {
  return textOf(path.reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), args));
}

function visit(schema: unknown, path: readonly string[], fixed: boolean, declared: ParamHeader[], depth: number): string | undefined {
  if (!isObject(schema)) return undefined;
  if (depth > MAX_DEPTH) return "its schema is too deep";
  if (Object.hasOwn(schema, KEY)) {
    const fault = declarationFault(schema, path, fixed);
    if (fault !== undefined) return fault;
    declared.push({ path, header: `mcp-param-${String(schema[KEY]).toLowerCase()}` });
  }
  for (const [name, property] of entriesOf(schema.properties)) {
    const fault = visit(property, [...path, name], fixed, declared, depth + 1);
    if (fault !== undefined) return fault;
  }
  for (const below of unfixedBelow(schema)) {
    const fault = visit(below, path, false, declared, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function declarationFault(schema: Readonly<Record<string, unknown>>, path: readonly string[], fixed: boolean): string | undefined {
  const name = schema[KEY];
  const where = path.length === 0 ? "the schema itself" : path.join(".");
  if (!fixed || path.length === 0) return `${KEY} at ${where} leads to no one argument`;
  if (typeof name !== "string" || !TOKEN.test(name)) return `${KEY} at ${where} is no name of a header`;
  if (typeof schema.type !== "string" || !TYPES.has(schema.type)) return `${KEY} at ${where} is on no string, integer or boolean`;
  return undefined;
}

function unfixedBelow(schema: Readonly<Record<string, unknown>>): unknown[] {
  const plain = [...LISTS, ...CONDITIONS].flatMap((keyword) => {
    const below = schema[keyword];
    return Array.isArray(below) ? below : [below];
  });
  return [...plain, ...NAMED.flatMap((keyword) => entriesOf(schema[keyword]).map(([, below]) => below))];
}

/** A number that JSON cannot carry exactly would not be the one in the body. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number" || (Number.isInteger(value) && !Number.isSafeInteger(value))) return undefined;
  return String(value);
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
