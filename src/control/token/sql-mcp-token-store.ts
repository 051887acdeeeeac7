import type { Kysely, Selectable } from "kysely";
import type { McpTokenTable, Schema } from "../../store/schema.ts";
import type { McpToken } from "./mcp-token.ts";
import type { McpTokenStore } from "./mcp-token-store.ts";

export function sqlMcpTokenStore(db: Kysely<Schema>): McpTokenStore {
  return {
    async replace(token) {
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom("mcp_tokens").where("project_id", "=", token.projectId).where("name", "=", token.name).execute();
        await tx.insertInto("mcp_tokens").values(rowOf(token)).execute();
      });
    },
    async byHash(sha256) {
      const row = await db
        .selectFrom("mcp_tokens")
        .innerJoin("projects", "projects.id", "mcp_tokens.project_id")
        .selectAll("mcp_tokens")
        .select("projects.name as project_name")
        .where("mcp_tokens.sha256", "=", sha256)
        .executeTakeFirst();
      return row === undefined ? undefined : { token: tokenOf(row), projectName: row.project_name };
    },
  };
}

function rowOf(token: McpToken): McpTokenTable {
  return {
    id: token.id,
    name: token.name,
    project_id: token.projectId,
    owner_id: token.ownerId,
    head: token.head,
    sha256: token.sha256,
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
    revoked_at: token.revokedAt?.toISOString() ?? null,
  };
}

function tokenOf(row: Selectable<McpTokenTable>): McpToken {
  return {
    id: row.id,
    name: row.name,
    projectId: row.project_id,
    ownerId: row.owner_id,
    head: row.head,
    sha256: row.sha256,
    createdAt: new Date(row.created_at),
    expiresAt: row.expires_at === null ? undefined : new Date(row.expires_at),
    revokedAt: row.revoked_at === null ? undefined : new Date(row.revoked_at),
  };
}
