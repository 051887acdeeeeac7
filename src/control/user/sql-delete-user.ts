import type { Kysely, Transaction } from "kysely";
import type { AuditDraft } from "../../api/audit-event.ts";
import { AppError } from "../../core/app-error.ts";
import type { Schema } from "../../store/schema.ts";
import type { Change } from "../change/change-log.ts";
import { dropSubjects, lockDefinitionsWith, type SubjectRef } from "../rbac/sql-drop-subjects.ts";
import { endSessions } from "./sql-end-sessions.ts";
import { type User, userUnknown } from "./user.ts";

/** Throws `conflict`/`USER_OWNS_PROJECTS`. */
export async function requireNoProjects(db: Kysely<Schema>, id: string): Promise<void> {
  const owned = await db.selectFrom("projects").select("name").where("owner_id", "=", id).orderBy("name").limit(4).execute();
  if (owned.length === 0) return;
  const names = owned
    .slice(0, 3)
    .map(({ name }) => name)
    .join(", ");
  throw new AppError("conflict", "USER_OWNS_PROJECTS", `The user owns projects: ${names}${owned.length > 3 ? "…" : ""}`, {
    hint: "give the projects to another owner, or delete them, first",
  });
}

/**
 * Deletes the user's row and all that is theirs: who gets the name or the email later gets nothing with it.
 * The caller holds the locks of the user and of the administrators.
 */
export async function deleteUserRows(tx: Transaction<Schema>, user: User, event: AuditDraft): Promise<Change> {
  const subjects: SubjectRef[] = [user.username, ...(user.email === undefined ? [] : [user.email])].map((name) => ({ kind: "User", name }));
  await lockDefinitionsWith(tx, subjects);
  await requireNoProjects(tx, user.id);
  const tokens = await deleteTokens(tx, user.id);
  const dropped = await dropSubjects(tx, [...subjects, ...tokens.map(({ sha }) => ({ kind: "McpToken", name: sha }) as const)], event.at);
  const groups = await leaveGroups(tx, user.id, event.at);
  const sessions = await endSessions(tx, user.id);
  const { numDeletedRows } = await tx.deleteFrom("users").where("id", "=", user.id).executeTakeFirst();
  if (numDeletedRows === 0n) throw userUnknown(user.username);
  const detail = { ...event.detail, tokensRevoked: tokens.map(({ name }) => name), definitionsDeleted: dropped.deleted };
  return {
    event: { ...event, detail },
    touched: [
      { kind: "users", ref: user.id },
      ...tokens.map(({ sha }) => ({ kind: "mcptokens" as const, ref: sha })),
      ...dropped.touched,
      ...groups.map((ref) => ({ kind: "groups" as const, ref })),
      ...sessions,
    ],
  };
}

/** A token cannot be without its owner; its automatic definition goes with it by foreign key. */
async function deleteTokens(tx: Transaction<Schema>, ownerId: string): Promise<{ readonly name: string; readonly sha: string }[]> {
  const tokens = await tx
    .selectFrom("mcp_tokens")
    .innerJoin("projects", "projects.id", "mcp_tokens.project_id")
    .select(["mcp_tokens.sha256 as sha", "mcp_tokens.name", "projects.name as project"])
    .where("mcp_tokens.owner_id", "=", ownerId)
    .orderBy("mcp_tokens.id")
    .execute();
  await tx.deleteFrom("mcp_tokens").where("owner_id", "=", ownerId).execute();
  return tokens.map(({ name, project, sha }) => ({ name: `${project}/${name}`, sha }));
}

/** Members are part of a group, so it has a new version without this one. */
async function leaveGroups(tx: Transaction<Schema>, userId: string, at: string): Promise<string[]> {
  const rows = await tx.selectFrom("user_group_members").select("group_id").where("user_id", "=", userId).execute();
  const ids = rows.map(({ group_id }) => group_id);
  if (ids.length === 0) return [];
  await tx
    .updateTable("user_groups")
    .set(({ eb }) => ({ version: eb("version", "+", 1), updated_at: at }))
    .where("id", "in", ids)
    .execute();
  return ids;
}
