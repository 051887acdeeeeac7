/** What is kept of each RPC: who asked for what and when, and what became of it. */
export interface RpcAuditEntry {
  /** `/mcp.v1.McpAgentService/Deploy`. Calls of components are the gateway's to audit. */
  readonly method: string;
  /** User name; empty where nobody could be told. */
  readonly caller: string;
  /** ISO 8601, when it came. */
  readonly timestamp: string;
  /**
   * `ok`: it was let through. `refused`: it was not. `failed`: nobody could tell whether it may. `ended` is the second entry
   * of one that was let through, if it changes something or has failed.
   */
  readonly outcome: "ok" | "refused" | "failed" | "ended";
  /** The service, or `service/component`. */
  readonly target?: string;
  /** Why not; with `ended` why it failed, absent where it did not. */
  readonly reason?: string;
  /** Of `ended`. */
  readonly durationMs?: number;
}

export interface RpcAudit {
  /** Never throws and never waits. */
  record(entry: RpcAuditEntry): void;
}
