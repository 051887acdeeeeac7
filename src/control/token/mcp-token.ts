export interface McpToken {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly ownerId: string;
  /** What lists may show. */
  readonly head: string;
  readonly sha256: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
}

/** A token with the name of the one project it opens. */
export interface TokenInProject {
  readonly token: McpToken;
  readonly projectName: string;
}

/** Whether the token opens anything at `now`. */
export function isLive(token: McpToken, now: Date): boolean {
  return token.revokedAt === undefined && (token.expiresAt === undefined || token.expiresAt > now);
}
