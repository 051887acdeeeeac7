import { isJsonObject } from "./json-object.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";

/** A tool as the server lists it; what it says beyond this is kept. */
export interface McpTool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: unknown;
  readonly [field: string]: unknown;
}

export interface ToolPage {
  readonly tools: readonly McpTool[];
  readonly nextCursor: string | undefined;
}

/** The result of one `tools/list`. Throws McpProtocolError. */
export function parseToolPage(result: unknown): ToolPage {
  if (!isJsonObject(result) || !Array.isArray(result.tools))
    throw new McpProtocolError("MCP_TOOLS_INVALID", "The result of tools/list has no list 'tools'");
  const tools: unknown[] = result.tools;
  const wrong = tools.findIndex((tool) => !isTool(tool));
  if (wrong !== -1) throw new McpProtocolError("MCP_TOOLS_INVALID", `Tool number ${wrong + 1} of tools/list has no name`);
  const { nextCursor } = result;
  if (nextCursor !== undefined && nextCursor !== null && typeof nextCursor !== "string") {
    throw new McpProtocolError("MCP_CURSOR_INVALID", "nextCursor of tools/list is not a string");
  }
  return { tools: tools.filter(isTool), nextCursor: nextCursor ?? undefined };
}

function isTool(value: unknown): value is McpTool {
  return isJsonObject(value) && typeof value.name === "string" && value.name !== "";
}
