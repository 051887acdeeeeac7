import { isLegacyRevision, LEGACY_REVISIONS, type LegacyRevision } from "../eras/2025-11-25/revisions.ts";
import { isJsonObject } from "./json-object.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";

export interface InitializeResult {
  readonly protocolVersion: LegacyRevision;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: { readonly name: string; readonly version: string; readonly [field: string]: unknown };
  readonly instructions?: string;
  readonly [field: string]: unknown;
}

/** The result of `initialize`. Throws McpProtocolError for a wrong shape or a revision not spoken here. */
export function parseInitializeResult(result: unknown): InitializeResult {
  if (!isJsonObject(result)) throw invalid("is no object");
  const { protocolVersion, capabilities, serverInfo } = result;
  if (typeof protocolVersion !== "string") throw invalid("has no protocolVersion");
  if (!isLegacyRevision(protocolVersion)) {
    throw new McpProtocolError(
      "MCP_VERSION_UNSUPPORTED",
      `The server wants revision '${protocolVersion}'; this client speaks ${LEGACY_REVISIONS.join(", ")}`,
    );
  }
  if (!isJsonObject(capabilities)) throw invalid("has no capabilities");
  if (!isJsonObject(serverInfo) || typeof serverInfo.name !== "string" || typeof serverInfo.version !== "string") {
    throw invalid("has no serverInfo with name and version");
  }
  return {
    ...result,
    protocolVersion,
    capabilities,
    serverInfo: { ...serverInfo, name: serverInfo.name, version: serverInfo.version },
  };
}

function invalid(what: string): McpProtocolError {
  return new McpProtocolError("MCP_INITIALIZE_INVALID", `The result of initialize ${what}`);
}
