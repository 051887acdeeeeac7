/** A path over which MCP is spoken, and the name under which it knows tool `a` of server `one` in project `demo`. */
export interface McpPath {
  readonly path: string;
  readonly tool: string;
}

/** Every one of them, for a token of project `demo`. The last is mcpd's own, where it runs servers for gateways apart. */
export const MCP_PATHS: readonly McpPath[] = [
  { path: "/projects/demo/mcp", tool: "one__a" },
  { path: "/mcp", tool: "one__a" },
  { path: "/api/v1/mcp/one", tool: "a" },
  { path: "/emcp/one", tool: "a" },
  { path: "/api/v1/projects/demo/servers/one/mcp", tool: "a" },
];

/** The body of a request in the form of each era: neither needs anything that came before it. */
export function firstRequests({ tool }: McpPath): readonly (readonly [era: string, body: string])[] {
  const clientInfo = { name: "attacker", version: "1" };
  const legacy = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  const key = "io.modelcontextprotocol/";
  const _meta = { [`${key}protocolVersion`]: "2026-07-28", [`${key}clientCapabilities`]: {}, [`${key}clientInfo`]: clientInfo };
  return [
    ["legacy", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: legacy })],
    ["modern", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "server/discover", params: { _meta } })],
    ["modern call", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: {}, _meta } })],
  ];
}

/** The headers that a modern request repeats of its body. */
export function modernHeaders(body: string): Record<string, string> {
  const { method, params } = JSON.parse(body) as { method: string; params?: { name?: string; uri?: string } };
  const name = params?.name ?? params?.uri;
  return { "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...(name === undefined ? {} : { "mcp-name": name }) };
}
