import { type Kysely, sql, type Transaction } from "kysely";
import { userRolesSchema } from "../../api/resources/user.ts";
import { AppError } from "../../core/app-error.ts";
import type { Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { lockRows } from "../change/lock-rows.ts";
import { projectUnknown } from "../project/project.ts";
import { dropSubjects, lockDefinitionsWith, type SubjectRef } from "../rbac/sql-drop-subjects.ts";
import { userUnknown } from "../user/user.ts";
import type { McpToken } from "./mcp-token.ts";
import { rowOf, tokenOf } from "./mcp-token-row.ts";
import type { McpTokenStore, TokenIssue } from "./mcp-token-store.ts";
import { listed, listings, pageOfTokens } from "./sql-token-listing.ts";

const USE_EVERY_MS = 60_000;

type Touched = Change["touched"];

export function sqlMcpTokenStore(db: Kysely<Schema>, changes: ChangeLog): McpTokenStore {
  return {
    async issue(issue) {
      await changes.commit(async (tx) => ({ result: undefined, change: await issueIn(tx, issue) }));
    },
    async byHash(sha256) {
      const row = await db
        .selectFrom("mcp_tokens")
        .innerJoin("projects", "projects.id", "mcp_tokens.project_id")
        .innerJoin("users", "users.id", "mcp_tokens.owner_id")
        .selectAll("mcp_tokens")
        .select(["projects.name as project", "users.username", "users.email", "users.roles", "users.disabled"])
        .where("mcp_tokens.sha256", "=", sha256)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { owner_id: id, username, email, disabled } = row;
      const roles = userRolesSchema.parse(JSON.parse(row.roles));
      return {
        token: tokenOf(row),
        project: row.project,
        owner: { id, username, email: email ?? undefined, roles, disabled: disabled === 1 },
      };
    },
    async byId(id) {
      return (await listings(db, listed(db).where("mcp_tokens.id", "=", id)))[0];
    },
    async byName(project, name) {
      const query = listed(db)
        .where("projects.name", "=", project)
        .where("mcp_tokens.name", "=", name)
        .orderBy(sql`case when mcp_tokens.active_name is null then 1 else 0 end`)
        .orderBy("mcp_tokens.created_at", "desc")
        .orderBy("mcp_tokens.id", "desc")
        .limit(1);
      return (await listings(db, query))[0];
    },
    page: (request) => pageOfTokens(db, request),
    revoke(id, at, event) {
      return changes.commit(async (tx) => {
        const token = await hashOf(tx, id);
        const touched = token && (await revokeIn(tx, token, at));
        return { result: touched !== undefined, change: touched && { event, touched } };
      });
    },
    delete(id, event) {
      return changes.commit(async (tx) => {
        const token = await hashOf(tx, id);
        if (token === undefined) return { result: false, change: undefined };
        const touched = await dropRights(tx, token, event.at);
        const { numDeletedRows } = await tx.deleteFrom("mcp_tokens").where("id", "=", id).executeTakeFirst();
        const deleted = numDeletedRows > 0n;
        return { result: deleted, change: deleted ? { event, touched } : undefined };
      });
    },
    async recordUse(id, at) {
      const before = new Date(at.getTime() - USE_EVERY_MS).toISOString();
      await db
        .updateTable("mcp_tokens")
        .set({ last_used_at: at.toISOString() })
        .where("id", "=", id)
        .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<=", before)]))
        .execute();
    },
  };
}

async function issueIn(tx: Transaction<Schema>, { token, definition, replace, event }: TokenIssue): Promise<Change> {
  await lockRows(tx, "projects", "id", [token.projectId]);
  await lockRows(tx, "users", "id", [token.ownerId]);
  const project = await tx.selectFrom("projects").select("id").where("id", "=", token.projectId).executeTakeFirst();
  const owner = await tx.selectFrom("users").select("id").where("id", "=", token.ownerId).executeTakeFirst();
  if (project === undefined) throw projectUnknown(token.projectId);
  if (owner === undefined) throw userUnknown(token.ownerId);
  await freeExpiredName(tx, token);
  const replaced = replace ? await replaceIn(tx, token) : undefined;
  await insertRow(tx, token);
  if (definition !== undefined) await insertDefinition(tx, token, definition);
  const own = [{ kind: "mcptokens", ref: token.sha256 } as const, ...(definition ? [{ kind: "rbac", ref: definition.id } as const] : [])];
  return { event: event(replaced?.token), touched: [...own, ...(replaced?.touched ?? [])] };
}

/** An expired token counts no longer; it keeps its row. */
async function freeExpiredName(tx: Transaction<Schema>, token: McpToken): Promise<void> {
  await tx
    .updateTable("mcp_tokens")
    .set({ active_name: null })
    .where("project_id", "=", token.projectId)
    .where("active_name", "=", token.name)
    .where("expires_at", "<=", token.createdAt.toISOString())
    .execute();
}

async function replaceIn(tx: Transaction<Schema>, { projectId, name, createdAt }: McpToken) {
  const token = await tx
    .selectFrom("mcp_tokens")
    .select(["id", "sha256"])
    .where("project_id", "=", projectId)
    .where("active_name", "=", name)
    .executeTakeFirst();
  if (token === undefined) return undefined;
  const touched = await revokeIn(tx, token, createdAt);
  return touched === undefined ? undefined : { token, touched };
}

async function insertRow(tx: Transaction<Schema>, token: McpToken): Promise<void> {
  try {
    await tx.insertInto("mcp_tokens").values(rowOf(token)).execute();
  } catch (thrown) {
    if (!isUniqueViolation(thrown)) throw thrown;
    throw new AppError("conflict", "MCP_TOKEN_NAME_TAKEN", `The project has an active token ${token.name} already`, {
      hint: "choose another name, or replace it with --force: that revokes the active one",
    });
  }
}

async function insertDefinition(
  tx: Transaction<Schema>,
  { id: tokenId, sha256, createdAt }: McpToken,
  { id, roleBindings }: NonNullable<TokenIssue["definition"]>,
): Promise<void> {
  const at = createdAt.toISOString();
  const name = `mcptoken-${tokenId}`;
  const row = { id, name, role_bindings: JSON.stringify(roleBindings), token_id: tokenId, version: 1, created_at: at, updated_at: at };
  await tx.insertInto("rbac_definitions").values(row).execute();
  await tx.insertInto("rbac_subjects").values({ definition_id: id, position: 0, kind: "McpToken", name: sha256 }).execute();
}

interface TokenHash {
  readonly id: string;
  readonly sha256: string;
}

function hashOf(tx: Transaction<Schema>, id: string): Promise<TokenHash | undefined> {
  return tx.selectFrom("mcp_tokens").select(["id", "sha256"]).where("id", "=", id).executeTakeFirst();
}

/** Undefined where it is revoked already or gone. */
async function revokeIn(tx: Transaction<Schema>, token: TokenHash, at: Date): Promise<Touched | undefined> {
  await lockDefinitionsWith(tx, [subjectOf(token)]);
  const { numUpdatedRows } = await tx
    .updateTable("mcp_tokens")
    .set({ revoked_at: at.toISOString(), active_name: null })
    .where("id", "=", token.id)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 0n ? undefined : dropRights(tx, token, at.toISOString());
}

/** Takes the token's own definition away, and the token out of those that people made. */
async function dropRights(tx: Transaction<Schema>, token: TokenHash, at: string): Promise<Touched> {
  const own = await tx.selectFrom("rbac_definitions").select("id").where("token_id", "=", token.id).execute();
  await tx.deleteFrom("rbac_definitions").where("token_id", "=", token.id).execute();
  const dropped = await dropSubjects(tx, [subjectOf(token)], at);
  return [{ kind: "mcptokens", ref: token.sha256 }, ...own.map(({ id }) => ({ kind: "rbac", ref: id }) as const), ...dropped.touched];
}

function subjectOf({ sha256 }: TokenHash): SubjectRef {
  return { kind: "McpToken", name: sha256 };
}
