import type { Kysely } from "kysely";
import { callerOf, type Grant } from "../../api/grant.ts";
import { SCOPES } from "../../core/caller.ts";
import { randomIds } from "../../core/ids.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import type { Actor } from "../access/actor.ts";
import { sqlBindingsSource } from "../access/sql-bindings-source.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { sqlProjectStore } from "../project/sql-project-store.ts";
import { sqlUserStore } from "../user/sql-user-store.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import type { CreateMcpTokenInput } from "./create-mcp-token.ts";
import { mcpTokenResolver } from "./mcp-token-resolver.ts";
import { seedProjects } from "./project-rows.fixture.ts";
import { sqlMcpTokenStore } from "./sql-mcp-token-store.ts";

export const NOW = new Date("2026-01-02T03:04:05.678Z");

/** A token named `ci` of the project `one`, without rights. */
export const CI: CreateMcpTokenInput = {
  name: "ci",
  project: "one",
  description: "",
  rbac: "empty",
  roleBindings: [],
  expiresAt: undefined,
  force: false,
};

/**
 * The real use cases on a database in memory, with the administrator `ada`, the user `dev` without any right, and the
 * projects `one` and `two`.
 */
export async function tokenSetup() {
  const db = await openMemoryDatabase();
  await seedUsers(db, aUser("ada", { roles: ["admin"] }), aUser("dev", { email: "dev@example.org" }));
  await seedProjects(db, "usr_ada", "one", "two");
  const log = plainChangeLog(db);
  const time = { now: NOW };
  const clock = { now: () => time.now };
  const tokens = sqlMcpTokenStore(db, log);
  const bindings = sqlBindingsSource(db);
  const deps = { tokens, projects: sqlProjectStore(db, log), users: sqlUserStore(db, log), bindings, clock, ids: randomIds };
  /** The actor that a session of this user would be now. */
  const actorOf = async (username: string): Promise<Actor> => {
    const user = await deps.users.byUsername(username);
    if (user === undefined) throw new Error(`no user ${username}`);
    const principal = { kind: "user", id: user.id, name: username } as const;
    return { caller: callerOf({ principal, bindings: [...(await bindings.ofUser(user))], scopes: [...SCOPES] }), ...FROM };
  };
  return {
    db,
    deps,
    changes: log.changes,
    resolver: mcpTokenResolver({ tokens, bindings, clock }),
    actorOf,
    give: (username: string, ...roleBindings: readonly RoleBinding[]) => give(db, username, roleBindings),
    setTime: (now: Date) => {
      time.now = now;
    },
  };
}

export const FROM = { traceId: "trace", address: "10.0.0.9" } as const;

export function actorWith(grant: Grant): Actor {
  return { caller: callerOf(grant), ...FROM };
}

/** Makes the user's bindings these and no others, by a definition named after them. */
async function give(db: Kysely<Schema>, username: string, roleBindings: readonly RoleBinding[]): Promise<void> {
  const at = NOW.toISOString();
  const id = `rbac_${username}`;
  await db.deleteFrom("rbac_definitions").where("id", "=", id).execute();
  const row = {
    id,
    name: username,
    role_bindings: JSON.stringify(roleBindings),
    token_id: null,
    version: 1,
    created_at: at,
    updated_at: at,
  };
  await db.insertInto("rbac_definitions").values(row).execute();
  await db.insertInto("rbac_subjects").values({ definition_id: id, position: 0, kind: "User", name: username }).execute();
}
