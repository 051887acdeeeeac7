import { isJsonObject } from "../../mcp/client/json-object.ts";
import { META, MODERN_REVISION } from "../../mcp/eras/2026-07-28/meta-keys.ts";
import { withMembers } from "../../mcp/json-members.ts";
import { GATEWAY_INFO } from "./initialize-request.ts";
import { refusalSaid, type Shown } from "./refusal-said.ts";
import type { InitializeResult, UpstreamCall } from "./upstream.ts";
import { upstreamBroken } from "./upstream-errors.ts";

/** The `_meta` of the gateway's own modern requests, as JSON text. It offers nothing: there is nobody to ask. */
export const GATEWAY_META = JSON.stringify({
  [META.version]: MODERN_REVISION,
  [META.clientCapabilities]: {},
  [META.clientInfo]: GATEWAY_INFO,
});

/** A modern call of the gateway's own, which need not say who it is. */
export function introduced(call: UpstreamCall): UpstreamCall {
  const paramsText = call.paramsText ?? "{}";
  const { _meta } = JSON.parse(paramsText) as { _meta?: unknown };
  return _meta === undefined ? { ...call, paramsText: withMembers(paramsText, [`"_meta":${GATEWAY_META}`]) } : call;
}

/** Params of the gateway's own modern requests, as JSON text. */
export function gatewayParams(params: Readonly<Record<string, unknown>> = {}): string {
  const own = Object.entries(params).map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{"_meta":${GATEWAY_META}${own.join("")}}`;
}

/** What a modern server says of itself, in the form of `initialize`. Throws `internal`/`UPSTREAM_BROKEN`. */
export function parseDiscoverResult(handle: string, message: unknown, shown: Shown): InitializeResult {
  const result = isJsonObject(message) ? message.result : undefined;
  if (!isJsonObject(result)) throw upstreamBroken(handle, `it did not say what it is${refusalSaid(message, shown)}`);
  const { capabilities, instructions, _meta } = result;
  // Some write it where `initialize` had it.
  const serverInfo = (isJsonObject(_meta) ? _meta[META.serverInfo] : undefined) ?? result.serverInfo;
  return {
    protocolVersion: MODERN_REVISION,
    capabilities: isJsonObject(capabilities) ? capabilities : {},
    serverInfo: isJsonObject(serverInfo) ? serverInfo : {},
    ...(typeof instructions === "string" ? { instructions } : {}),
  };
}
