import { isJsonObject } from "../../../mcp/client/json-object.ts";
import { META, MODERN_REVISION } from "../../../mcp/eras/2026-07-28/meta-keys.ts";
import { INVALID_PARAMS } from "../../../mcp/json-rpc.ts";
import { createLocator, type Span, splice } from "../../../mcp/json-span.ts";
import type { InitializeResult } from "../upstream.ts";

/** Results that say how long they hold (2026-07-28, "Caching"). */
const CACHED = new Set(["server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"]);

/** What servers before 2026-07-28 say of a resource that is not there. */
const LEGACY_RESOURCE_NOT_FOUND = -32002;

const locate = createLocator(["result"], ["result", "resultType"], ["result", "ttlMs"], ["result", "cacheScope"], ["error", "code"]);

/**
 * A legacy server's answer in the form of a modern one: it is complete, holds for no time, and for nobody else. What the
 * server itself writes under these names is not meant so. All else keeps its bytes.
 */
export function modernAnswer(method: string, answer: string): string {
  const [result, resultType, ttlMs, cacheScope, code] = locate(answer).spans;
  if (result === undefined || answer[result.start] !== "{") return code === undefined ? answer : withModernCode(answer, code);
  const wanted: [string, string, Span | undefined][] = [["resultType", '"complete"', resultType]];
  if (CACHED.has(method)) wanted.push(["ttlMs", "0", ttlMs], ["cacheScope", '"private"', cacheScope]);
  const said = wanted.flatMap(([, value, span]) => (span === undefined ? [] : [{ span, value }]));
  const missing = wanted.filter(([, , span]) => span === undefined).map(([key, value]) => `"${key}":${value}`);
  // From behind, so that what stands before stays where it is.
  const spliced = said.toSorted((a, b) => b.span.start - a.span.start).reduce((text, { span, value }) => splice(text, span, value), answer);
  return putFirst(spliced, result.start, missing);
}

function putFirst(text: string, objectStart: number, members: readonly string[]): string {
  if (members.length === 0) return text;
  const rest = text.slice(objectStart + 1);
  return `${text.slice(0, objectStart + 1)}${members.join(",")}${rest.trimStart().startsWith("}") ? "" : ","}${rest}`;
}

function withModernCode(answer: string, code: Span): string {
  const isResource = Number(answer.slice(code.start, code.end)) === LEGACY_RESOURCE_NOT_FOUND;
  return isResource ? splice(answer, code, String(INVALID_PARAMS)) : answer;
}

/** The result of `server/discover` in the place of a legacy server, as JSON text. */
export function discoverResult({ capabilities, serverInfo, instructions }: InitializeResult): string {
  const { tasks: _, ...offered } = capabilities;
  return JSON.stringify({
    resultType: "complete",
    supportedVersions: [MODERN_REVISION],
    capabilities: offered,
    ...(instructions === undefined ? {} : { instructions }),
    ttlMs: 0,
    cacheScope: "private",
    _meta: { [META.serverInfo]: serverInfo },
  });
}

/** What a server wants opened in a browser before it does what it was asked (2025-11-25, -32042), each as JSON text. */
export function urlElicitations(answer: string): string[] | undefined {
  if (!answer.includes("-32042")) return undefined;
  const { error } = JSON.parse(answer) as { error?: unknown };
  if (!isJsonObject(error) || error.code !== -32042) return undefined;
  const wanted = isJsonObject(error.data) ? error.data.elicitations : undefined;
  return Array.isArray(wanted) ? wanted.filter(isJsonObject).map((params) => JSON.stringify(params)) : [];
}
