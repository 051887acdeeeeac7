import { META, META_PREFIX } from "../../../mcp/eras/2026-07-28/meta-keys.ts";
import { withoutMembers } from "../../../mcp/json-members.ts";
import { createLocator, splice } from "../../../mcp/json-span.ts";

/** The params of a modern request in the form of a legacy one. */
export interface LegacyParams {
  readonly paramsText: string | undefined;
  /** The least level of log messages that the caller wants; undefined: none at all. */
  readonly logLevel: unknown;
}

const locateMeta = createLocator(["_meta"]);
const MODERN_ONLY = ["inputResponses", "requestState"];

/**
 * Takes out what a legacy server does not know: `_meta` under the protocol's own names, and the answers of a retry. The
 * progress token, trace context and all else keep their bytes.
 */
export function legacyParams(modern: string | undefined): LegacyParams {
  if (modern === undefined) return { paramsText: undefined, logLevel: undefined };
  const text = withoutMembers(modern, (key) => MODERN_ONLY.includes(key));
  const [span] = locateMeta(text).spans;
  const metaText = span === undefined ? undefined : text.slice(span.start, span.end);
  if (span === undefined || !metaText?.startsWith("{")) return { paramsText: text, logLevel: undefined };
  const { [META.logLevel]: logLevel } = JSON.parse(metaText) as Record<string, unknown>;
  const kept = withoutMembers(metaText, (key) => key.startsWith(META_PREFIX));
  return { paramsText: kept === "{}" ? withoutMembers(text, (key) => key === "_meta") : splice(text, span, kept), logLevel };
}
