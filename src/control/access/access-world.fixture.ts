import type { Kysely } from "kysely";
import type { Grant } from "../../api/grant.ts";
import { callerOf } from "../../api/grant.ts";
import type { RoleBinding } from "../../core/permission.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import type { Change } from "../change/change-log.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import type { GroupStore } from "../group/group-store.ts";
import { sqlGroupStore } from "../group/sql-group-store.ts";
import type { RbacStore } from "../rbac/rbac-store.ts";
import { sqlRbacStore } from "../rbac/sql-rbac-store.ts";
import { sqlUserStore } from "../user/sql-user-store.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import type { UserStore } from "../user/user-store.ts";
import type { AccessSubjects } from "./access-subjects.ts";
import type { Actor } from "./actor.ts";
import type { BindingsSource } from "./bindings-source.ts";
import { sqlAccessSubjects } from "./sql-access-subjects.ts";
import { sqlBindingsSource } from "./sql-bindings-source.ts";

export const NOW = new Date("2026-05-06T07:08:09.000Z");

/** Users, groups and definitions on a database in memory, with the user `admin` in it. */
export interface AccessWorld {
  readonly db: Kysely<Schema>;
  readonly users: UserStore;
  readonly groups: GroupStore;
  readonly definitions: RbacStore;
  readonly bindings: BindingsSource;
  readonly subjects: AccessSubjects;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly clock: { now(): Date };
  readonly ids: { next(prefix: string): string };
  readonly changes: readonly Change[];
  /** Makes the user where there is none, and gives who calls with exactly these bindings. */
  actorWith(username: string, ...bindings: readonly RoleBinding[]): Promise<Actor>;
  /** Who calls as this user, with what they hold now. */
  actorOf(username: string): Promise<Actor>;
}

export async function withAccessWorld(run: (world: AccessWorld) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  try {
    await seedUsers(db, aUser("admin", { roles: ["admin"] }));
    await run(accessWorld(db));
  } finally {
    await db.destroy();
  }
}

/** The same on an open database. */
export function accessWorld(db: Kysely<Schema>): AccessWorld {
  const log = plainChangeLog(db);
  const users = sqlUserStore(db, log);
  const bindings = sqlBindingsSource(db);
  const clock = { now: () => NOW };
  let last = 0;
  return {
    db,
    users,
    groups: sqlGroupStore(db, log),
    definitions: sqlRbacStore(db, log),
    bindings,
    subjects: sqlAccessSubjects({ db, bindings, clock }),
    hashPassword: async (password) => `hash of ${password.length}`,
    clock,
    ids: { next: (prefix) => `${prefix}_new${++last}` },
    changes: log.changes,
    async actorWith(username, ...given) {
      if ((await users.byUsername(username)) === undefined) await seedUsers(db, aUser(username));
      const grant = { bindings: given.map((binding) => ({ binding, source: "test" })), scopes: [] };
      return actorOf({ principal: { kind: "user", id: `usr_${username}`, name: username }, ...grant });
    },
    async actorOf(username) {
      const found = await this.subjects.resolve({ kind: "User", name: username });
      if (found === undefined) throw new Error(`no user ${username}`);
      return actorOf(found.grant);
    },
  };
}

export function actorOf(grant: Grant): Actor {
  return { caller: callerOf(grant), traceId: "trace", address: "10.0.0.9" };
}
