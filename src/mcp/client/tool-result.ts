import { isJsonObject } from "./json-object.ts";
import { McpProtocolError } from "./mcp-protocol-error.ts";

export interface ToolResult {
  readonly content: readonly unknown[];
  readonly isError?: boolean;
  readonly structuredContent?: unknown;
  readonly [field: string]: unknown;
}

/** The result of one `tools/call`. Throws McpProtocolError. */
export function parseToolResult(result: unknown): ToolResult {
  if (!isJsonObject(result) || !Array.isArray(result.content)) {
    throw new McpProtocolError("MCP_TOOL_RESULT_INVALID", "The result of tools/call has no list 'content'");
  }
  return { ...result, content: result.content, isError: result.isError === true };
}

/** The text blocks of a result, joined by line ends. */
export function toolText(result: ToolResult): string {
  const texts = result.content.map((block) => (isJsonObject(block) && typeof block.text === "string" ? block.text : ""));
  return texts.filter((text) => text !== "").join("\n");
}
