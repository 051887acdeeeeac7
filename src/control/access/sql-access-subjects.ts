import type { Kysely } from "kysely";
import type { Subject } from "../../api/resources/rbac-definition.ts";
import type { Clock } from "../../core/clock.ts";
import { compileRights, intersectRights } from "../../core/permission.ts";
import type { Schema } from "../../store/schema.ts";
import { userOfRow } from "../user/user-row.ts";
import type { AccessSubjects, ResolvedSubject } from "./access-subjects.ts";
import type { BindingsSource } from "./bindings-source.ts";
import { scopesOf } from "./scopes-of.ts";

interface Deps {
  readonly db: Kysely<Schema>;
  readonly bindings: BindingsSource;
  readonly clock: Clock;
}

export function sqlAccessSubjects(deps: Deps): AccessSubjects {
  return {
    resolve({ kind, name }: Subject) {
      if (kind === "User") return resolveUser(deps, name);
      return kind === "Group" ? resolveGroup(deps, name) : resolveToken(deps, name);
    },
  };
}

async function resolveUser({ db, bindings }: Deps, name: string): Promise<ResolvedSubject | undefined> {
  const column = name.includes("@") ? "email" : "username";
  const row = await db.selectFrom("users").selectAll().where(column, "=", name).executeTakeFirst();
  if (row === undefined) return undefined;
  const user = userOfRow(row);
  const email = user.email === undefined ? {} : { email: user.email };
  const principal = { kind: "user" as const, id: user.id, name: user.username, ...email };
  const held = [...(await bindings.ofUser(user))];
  const grant = { principal, bindings: held, scopes: scopesOf(compileRights(held)) };
  return user.disabled ? { grant, barred: `User ${user.username} is disabled` } : { grant };
}

/** A group is nobody: what it gives is what a JWT has that maps to this group alone. */
async function resolveGroup({ db, bindings }: Deps, name: string): Promise<ResolvedSubject | undefined> {
  const row = await db.selectFrom("user_groups").select("id").where("name", "=", name).executeTakeFirst();
  if (row === undefined) return undefined;
  const principal = { kind: "jwt" as const, id: row.id, name: `a member of the group ${name}` };
  const held = [...(await bindings.ofGroups([name]))];
  return { grant: { principal, bindings: held, scopes: scopesOf(compileRights(held)) } };
}

async function resolveToken({ db, bindings, clock }: Deps, sha: string): Promise<ResolvedSubject | undefined> {
  const token = await db
    .selectFrom("mcp_tokens")
    .innerJoin("projects", "projects.id", "mcp_tokens.project_id")
    .select(["mcp_tokens.id", "mcp_tokens.name", "projects.name as project", "mcp_tokens.owner_id"])
    .select(["mcp_tokens.expires_at", "mcp_tokens.revoked_at"])
    .where("mcp_tokens.sha256", "=", sha)
    .executeTakeFirst();
  if (token === undefined) return undefined;
  const owner = userOfRow(await db.selectFrom("users").selectAll().where("id", "=", token.owner_id).executeTakeFirstOrThrow());
  const { id, name, project } = token;
  const principal = { kind: "token" as const, id, name, sha, project, ownerId: owner.id, owner: owner.username };
  const [own, owners] = [await bindings.ofToken(sha), await bindings.ofUser(owner)];
  const scopes = scopesOf(intersectRights(compileRights(own), compileRights(owners)));
  const grant = { principal, bindings: [...own], ownerBindings: [...owners], scopes };
  if (token.revoked_at !== null) return { grant, barred: `Token ${name} is revoked` };
  if (token.expires_at !== null && token.expires_at <= clock.now().toISOString()) return { grant, barred: `Token ${name} has expired` };
  return owner.disabled ? { grant, barred: `User ${owner.username}, who owns the token ${name}, is disabled` } : { grant };
}
