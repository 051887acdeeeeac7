import { META, META_PREFIX, MODERN_REVISION } from "../../../mcp/eras/2026-07-28/meta-keys.ts";
import { memberText, withMembers, withoutMembers } from "../../../mcp/json-members.ts";
import { createLocator } from "../../../mcp/json-span.ts";

/** Who calls, as each modern request says it. */
export interface ModernClient {
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly clientInfo: Readonly<Record<string, unknown>>;
  readonly logLevel: string | undefined;
}

/** What a request that is sent again brings of the answer before (2026-07-28, "Multi round-trip requests"), as JSON texts. */
export interface Retry {
  readonly inputResponsesText: string | undefined;
  readonly requestStateText: string | undefined;
}

const locateMeta = createLocator(["_meta"]);

/**
 * The params of a legacy request in the form of a modern one: `_meta` says who calls, and whatever the client wrote there
 * under the protocol's own names is gone. All else keeps its bytes.
 */
export function modernParams(paramsText: string | undefined, client: ModernClient, retry?: Retry): string {
  const text = paramsText ?? "{}";
  const [span] = locateMeta(text).spans;
  const metaText = span === undefined ? "{}" : text.slice(span.start, span.end);
  const own = metaText.startsWith("{") ? withoutMembers(metaText, (key) => key.startsWith(META_PREFIX)) : "{}";
  const meta = withMembers(own, metaMembers(client));
  const rest = withoutMembers(text, (key) => key === "_meta" || key === "inputResponses" || key === "requestState");
  return withMembers(rest, [memberText("_meta", meta), ...retryMembers(retry)]);
}

function metaMembers({ capabilities, clientInfo, logLevel }: ModernClient): string[] {
  return [
    memberText(META.version, JSON.stringify(MODERN_REVISION)),
    memberText(META.clientCapabilities, JSON.stringify(capabilities)),
    memberText(META.clientInfo, JSON.stringify(clientInfo)),
    ...(logLevel === undefined ? [] : [memberText(META.logLevel, JSON.stringify(logLevel))]),
  ];
}

function retryMembers({ inputResponsesText, requestStateText }: Partial<Retry> = {}): string[] {
  return [
    ...(inputResponsesText === undefined ? [] : [memberText("inputResponses", inputResponsesText)]),
    ...(requestStateText === undefined ? [] : [memberText("requestState", requestStateText)]),
  ];
}
