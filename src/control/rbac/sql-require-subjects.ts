import { sql, type Transaction } from "kysely";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { Schema } from "../../store/schema.ts";
import { lockRows } from "../change/lock-rows.ts";
import { formatSubject } from "./subject.ts";

const HINT: Readonly<Record<Subject["kind"], string>> = {
  User: "create the user first, or name an email: its user may come later",
  Group: "create the group first",
  McpToken: "name a token by the SHA-256 that `get mcptokens` shows",
};

/**
 * Throws `not_found`/`SUBJECT_UNKNOWN` for the first that does not exist, and keeps the others from going away until
 * the transaction ends: a definition never names somebody who is gone, and whom a newcomer of that name would follow.
 * An email needs no user.
 */
export async function requireSubjects(tx: Transaction<Schema>, subjects: readonly Subject[]): Promise<void> {
  const known = {
    User: await usernames(tx, namesOf(subjects, "User")),
    Group: await groupNames(tx, namesOf(subjects, "Group")),
    McpToken: await tokenHashes(tx, namesOf(subjects, "McpToken")),
  };
  const stranger = subjects.find(({ kind, name }) => !name.includes("@") && !known[kind].has(name));
  if (stranger === undefined) return;
  throw new AppError("not_found", "SUBJECT_UNKNOWN", `There is no ${formatSubject(stranger)}`, { hint: HINT[stranger.kind] });
}

function namesOf(subjects: readonly Subject[], wanted: Subject["kind"]): readonly string[] {
  return subjects.filter(({ kind, name }) => kind === wanted && !name.includes("@")).map(({ name }) => name);
}

async function usernames(tx: Transaction<Schema>, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  await lockRows(tx, "users", "username", names);
  const rows = await tx.selectFrom("users").select("username").where("username", "in", names).execute();
  return new Set(rows.map(({ username }) => username));
}

async function groupNames(tx: Transaction<Schema>, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  await lockRows(tx, "user_groups", "name", names);
  const rows = await tx.selectFrom("user_groups").select("name").where("name", "in", names).execute();
  return new Set(rows.map(({ name }) => name));
}

async function tokenHashes(tx: Transaction<Schema>, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  if (hashes.length === 0) return new Set();
  await sql`update mcp_tokens set name = name where sha256 in (${sql.join([...hashes])})`.execute(tx);
  const rows = await tx.selectFrom("mcp_tokens").select("sha256").where("sha256", "in", hashes).execute();
  return new Set(rows.map(({ sha256 }) => sha256));
}
