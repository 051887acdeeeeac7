import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { createLocator, elementsOf, splice } from "../../../mcp/json-span.ts";

const locateTools = createLocator(["result", "tools"]);
const locateOutput = createLocator(["outputSchema"]);
const locateStructured = createLocator(["result", "structuredContent"]);

/**
 * Structured results for legacy clients, to whom they are objects and nothing else: any other value goes as
 * `{"result": value}`, and so does its schema. It remembers of which tools the schema was wrapped.
 */
export class LegacyTools {
  readonly #wrapped = new Set<string>();

  /** A page of the list of tools, their schemas in the form of legacy revisions. */
  list(answer: string, isFirstPage: boolean): string {
    if (isFirstPage) this.#wrapped.clear();
    if (!answer.includes("outputSchema") && !answer.includes("\\u")) return answer;
    const [span] = locateTools(answer).spans;
    const { result } = JSON.parse(answer) as { result?: { tools?: unknown } };
    if (span === undefined || !Array.isArray(result?.tools)) return answer;
    const tools = result.tools;
    // From behind, so that what stands before stays where it is.
    return elementsOf(answer, span.start).reduceRight((text, element, index) => {
      const tool = answer.slice(element.start, element.end);
      const wrapped = legacyTool(tool, tools[index]);
      if (wrapped === tool) return text;
      this.#remember(tools[index]);
      return splice(text, element, wrapped);
    }, answer);
  }

  /** The result of a tool, its structured content in the form of legacy revisions. */
  result(answer: string, name: unknown): string {
    const [span] = answer.includes("structuredContent") || answer.includes("\\u") ? locateStructured(answer).spans : [];
    if (span === undefined) return answer;
    const value = answer.slice(span.start, span.end);
    const isWrapped = !value.startsWith("{") || (typeof name === "string" && this.#wrapped.has(name));
    return isWrapped ? splice(answer, span, `{"result":${value}}`) : answer;
  }

  #remember(tool: unknown): void {
    if (isJsonObject(tool) && typeof tool.name === "string") this.#wrapped.add(tool.name);
  }
}

/** The text of a modern server's tool as legacy clients are to see it; the same text where that is no other. */
export function legacyToolText(text: string): string {
  if (!text.includes("outputSchema") && !text.includes("\\u")) return text;
  return legacyTool(text, JSON.parse(text));
}

function legacyTool(text: string, tool: unknown): string {
  const schema = isJsonObject(tool) ? tool.outputSchema : undefined;
  const [span] = locateOutput(text).spans;
  if (span === undefined || schema === undefined) return text;
  if (isJsonObject(schema) && schema.type === "object") return text;
  return splice(text, span, JSON.stringify(wrappedSchema(schema)));
}

/** The schema of `{"result": …}`; what it says of itself by `#…` stands one step deeper now. */
export function wrappedSchema(schema: unknown): object {
  const dialect = isJsonObject(schema) && typeof schema.$schema === "string" ? { $schema: schema.$schema } : {};
  return { ...dialect, type: "object", properties: { result: moved(schema) }, required: ["result"] };
}

/** Their values are no schemas. */
const DATA = new Set(["const", "enum", "default", "examples"]);
/** Their values are schemas by names, which may be like keywords. */
const NAMED = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"]);

/** No schema that is meant is deeper. */
const MAX_DEPTH = 200;

function moved(schema: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) return schema;
  const below = (part: unknown) => moved(part, depth + 1);
  if (Array.isArray(schema)) return schema.map(below);
  if (!isJsonObject(schema) || hasBase(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if ((key === "$ref" || key === "$dynamicRef") && typeof value === "string") return [key, movedRef(value)];
      if (DATA.has(key)) return [key, value];
      if (!NAMED.has(key) || !isJsonObject(value)) return [key, below(value)];
      return [key, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, below(part)]))];
    }),
  );
}

/** References below an `$id` of its own start there, wherever it stands. */
function hasBase({ $id }: Readonly<Record<string, unknown>>): boolean {
  return typeof $id === "string" && !$id.startsWith("#");
}

function movedRef(ref: string): string {
  if (ref === "#") return "#/properties/result";
  return ref.startsWith("#/") ? `#/properties/result${ref.slice(1)}` : ref;
}
