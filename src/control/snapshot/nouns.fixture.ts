import type { Kysely } from "kysely";
import { type Caller, SCOPES } from "../../core/caller.ts";
import { randomIds } from "../../core/ids.ts";
import { ALL_BINDINGS, compileRights, type RoleBinding } from "../../core/permission.ts";
import { secretBox } from "../../core/secret-box.ts";
import type { Schema } from "../../store/schema.ts";
import type { Actor } from "../access/actor.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { sqlNodeStore } from "../node/sql-node-store.ts";
import { sqlProjectStore } from "../project/sql-project-store.ts";
import { sqlPromptStore } from "../prompt/sql-prompt-store.ts";
import { sqlSecretStore } from "../secret/sql-secret-store.ts";
import { backingPolicyFor } from "../server/backing-policy.ts";
import { sqlServerStore } from "../server/sql-server-store.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";

export const KEY = { number: 1, key: new Uint8Array(32).fill(7) };

/** What the use cases of projects, servers, secrets and prompts take, and what they have changed. */
export type Nouns = ReturnType<typeof nounsOn>;

/** Over this database; time stands still until it is set. `recorded` is `project.create projects/demo` of every change so far. */
export function nounsOn(db: Kysely<Schema>) {
  const changes = plainChangeLog(db);
  return { ...storesOn(db, changes), changes: changes.changes, recorded: () => changes.changes.map(deedOf) };
}

function deedOf({ event }: Change): string {
  return `${event.action} ${event.resource}/${event.resourceName}`;
}

/** The stores over a change log, with what else the use cases take. */
export function storesOn(db: Kysely<Schema>, changes: ChangeLog) {
  const time = { now: new Date("2026-01-02T03:04:05.678Z") };
  return {
    db,
    time,
    clock: { now: () => time.now },
    ids: randomIds,
    policy: backingPolicyFor("127.0.0.1"),
    box: secretBox({ current: KEY, previous: [] }),
    projects: sqlProjectStore(db, changes),
    servers: sqlServerStore(db, changes),
    secrets: sqlSecretStore(db, changes),
    prompts: sqlPromptStore(db, changes),
    nodes: sqlNodeStore(db, changes),
    nodeKeys: new Uint8Array(32).fill(9),
  };
}

/** The same with the users `ada` and `bob`. */
export async function nounsWithUsers(db: Kysely<Schema>): Promise<Nouns> {
  await seedUsers(db, aUser("ada"), aUser("bob"));
  return nounsOn(db);
}

/** The user of this name with these rights and no others. */
export function userWith(name: string, ...bindings: readonly RoleBinding[]): Actor {
  const rights = compileRights(bindings.map((binding) => ({ binding, source: "test" })));
  const caller: Caller = { principal: { kind: "user", id: `usr_${name}`, name }, rights, scopes: new Set(SCOPES) };
  return { caller, traceId: "trace-1", address: "192.0.2.7" };
}

/** An administrator of this name. */
export function adminNamed(name: string): Actor {
  return userWith(name, ...ALL_BINDINGS);
}
