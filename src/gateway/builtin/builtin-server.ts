/**
 * A server that runs inside the gateway's own process.
 *
 * It sees methods and params, never ids, sessions or transports: the builtin
 * upstream adapts it to the same port that stdio and HTTP servers have.
 */
export interface BuiltinServer {
  /** The `result` of MCP `initialize`: `{protocolVersion, capabilities, serverInfo, instructions?}`. */
  initialize(protocolVersion: string): Record<string, unknown>;
  /**
   * Answers one request with its `result`.
   *
   * Throws `JsonRpcFault`: -32601 for an unknown method, -32602 for an unknown tool
   * or bad arguments (the message names the field, what was given and what is allowed).
   */
  request(method: string, params: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
}
