import type { McpToken, TokenInProject } from "./mcp-token.ts";

/** What token use cases need from storage. */
export interface McpTokenStore {
  /** Saves the token in place of the one with its name in its project, if there is one, in one transaction. */
  replace(token: McpToken): Promise<void>;
  byHash(sha256: string): Promise<TokenInProject | undefined>;
}
