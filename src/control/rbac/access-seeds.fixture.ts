import type { Kysely } from "kysely";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import { hashToken } from "../../core/mcp-token.ts";
import type { RoleBinding } from "../../core/permission.ts";
import type { Schema } from "../../store/schema.ts";

/** Puts rows into the database as they are, past every rule. Ids are the prefix and the name. */

const AT = "2026-01-02T03:04:05.678Z";
const versioned = { version: 1, created_at: AT, updated_at: AT };

export async function seedGroup(db: Kysely<Schema>, name: string, userIds: readonly string[]): Promise<void> {
  await db
    .insertInto("user_groups")
    .values({ id: `grp_${name}`, name, description: "", ...versioned })
    .execute();
  const rows = userIds.map((user_id) => ({ group_id: `grp_${name}`, user_id }));
  if (rows.length > 0) await db.insertInto("user_group_members").values(rows).execute();
}

export async function seedDefinition(
  db: Kysely<Schema>,
  name: string,
  subjects: readonly Subject[],
  roleBindings: readonly RoleBinding[],
  tokenId: string | null = null,
): Promise<void> {
  const id = `rbac_${name}`;
  await db
    .insertInto("rbac_definitions")
    .values({ id, name, role_bindings: JSON.stringify(roleBindings), token_id: tokenId, ...versioned })
    .execute();
  const rows = subjects.map((subject, position) => ({ definition_id: id, position, ...subject }));
  if (rows.length > 0) await db.insertInto("rbac_subjects").values(rows).execute();
}

export async function seedProject(db: Kysely<Schema>, name: string, ownerId: string): Promise<void> {
  await db
    .insertInto("projects")
    .values({ id: `prj_${name}`, name, description: "", owner_id: ownerId, ...versioned })
    .execute();
}

interface TokenSeed {
  readonly name: string;
  readonly project: string;
  readonly ownerId: string;
  readonly roleBindings?: readonly RoleBinding[];
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

/** A token `tok_<project><name>` with its automatic definition. */
export async function seedToken(db: Kysely<Schema>, token: TokenSeed): Promise<{ readonly id: string; readonly sha: string }> {
  const { name, project, ownerId, roleBindings = [], expiresAt = null, revokedAt = null } = token;
  const id = `tok_${project}${name}`;
  const sha = hashToken(`${project}/${name}`);
  const dates = { created_at: AT, expires_at: expiresAt, revoked_at: revokedAt, last_used_at: null };
  const names = { name, active_name: revokedAt === null ? name : null, description: "", head: "mcpctl_pat_abcd" };
  await db
    .insertInto("mcp_tokens")
    .values({ id, project_id: `prj_${project}`, owner_id: ownerId, sha256: sha, ...names, ...dates })
    .execute();
  await seedDefinition(db, `mcptoken-${id}`, [{ kind: "McpToken", name: sha }], roleBindings, id);
  return { id, sha };
}

export async function seedSession(db: Kysely<Schema>, id: string, userId: string): Promise<void> {
  const dates = { created_at: AT, last_used_at: AT, expires_at: "2027-01-01T00:00:00.000Z" };
  await db
    .insertInto("sessions")
    .values({ id, user_id: userId, sha256: hashToken(id), client: "cli", address: null, user_agent: null, ...dates })
    .execute();
}
