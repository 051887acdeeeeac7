import type { Selectable } from "kysely";
import type { McpTokenTable } from "../../store/schema.ts";
import type { McpToken } from "./mcp-token.ts";

export function rowOf(token: McpToken): McpTokenTable {
  return {
    id: token.id,
    name: token.name,
    active_name: token.revokedAt === undefined ? token.name : null,
    project_id: token.projectId,
    owner_id: token.ownerId,
    description: token.description,
    head: token.head,
    sha256: token.sha256,
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
    revoked_at: token.revokedAt?.toISOString() ?? null,
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
  };
}

export function tokenOf(row: Selectable<McpTokenTable>): McpToken {
  return {
    id: row.id,
    name: row.name,
    projectId: row.project_id,
    ownerId: row.owner_id,
    description: row.description,
    head: row.head,
    sha256: row.sha256,
    createdAt: new Date(row.created_at),
    expiresAt: instant(row.expires_at),
    revokedAt: instant(row.revoked_at),
    lastUsedAt: instant(row.last_used_at),
  };
}

function instant(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}
