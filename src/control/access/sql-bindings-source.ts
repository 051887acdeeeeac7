import type { Kysely } from "kysely";
import type { GrantedBinding } from "../../core/permission.ts";
import type { RbacSubjectTable, Schema } from "../../store/schema.ts";
import type { BindingsSource, UserRef } from "./bindings-source.ts";
import { bindingsOfRoles } from "./role-bindings.ts";
import { parseStoredBindings } from "./stored-bindings.ts";

/** At most two queries for anybody, each by an index. What it gives holds at the moment; whoever keeps it drops it on changes. */
export function sqlBindingsSource(db: Kysely<Schema>): BindingsSource {
  return {
    async ofUser(user) {
      const byName = await definitionsOf(db, "User", namesOf(user));
      return [...bindingsOfRoles(user.roles), ...byName, ...(await definitionsOfGroupsWith(db, user.id))];
    },
    async ofGroups(names) {
      if (names.length === 0) return [];
      const rows = await db
        .selectFrom("user_groups")
        .innerJoin("rbac_subjects", "rbac_subjects.name", "user_groups.name")
        .innerJoin("rbac_definitions", "rbac_definitions.id", "rbac_subjects.definition_id")
        .select(["rbac_definitions.name", "rbac_definitions.role_bindings", "user_groups.name as group_name"])
        .where("rbac_subjects.kind", "=", "Group")
        .where("user_groups.name", "in", [...names])
        .orderBy("rbac_definitions.name")
        .execute();
      return rows.flatMap(grantedBy);
    },
    ofToken: (sha) => definitionsOf(db, "McpToken", [sha]),
  };
}

function namesOf({ username, email }: UserRef): readonly string[] {
  return email === undefined ? [username] : [username, email];
}

/** A definition that names somebody twice, by user name and by email, counts once. */
async function definitionsOf(db: Kysely<Schema>, kind: RbacSubjectTable["kind"], names: readonly string[]): Promise<GrantedBinding[]> {
  const rows = await db
    .selectFrom("rbac_subjects")
    .innerJoin("rbac_definitions", "rbac_definitions.id", "rbac_subjects.definition_id")
    .select(["rbac_definitions.name", "rbac_definitions.role_bindings"])
    .distinct()
    .where("rbac_subjects.kind", "=", kind)
    .where("rbac_subjects.name", "in", [...names])
    .orderBy("rbac_definitions.name")
    .execute();
  return rows.flatMap(grantedBy);
}

async function definitionsOfGroupsWith(db: Kysely<Schema>, userId: string): Promise<GrantedBinding[]> {
  const rows = await db
    .selectFrom("user_group_members")
    .innerJoin("user_groups", "user_groups.id", "user_group_members.group_id")
    .innerJoin("rbac_subjects", "rbac_subjects.name", "user_groups.name")
    .innerJoin("rbac_definitions", "rbac_definitions.id", "rbac_subjects.definition_id")
    .select(["rbac_definitions.name", "rbac_definitions.role_bindings", "user_groups.name as group_name"])
    .where("user_group_members.user_id", "=", userId)
    .where("rbac_subjects.kind", "=", "Group")
    .orderBy("rbac_definitions.name")
    .orderBy("user_groups.name")
    .execute();
  return rows.flatMap(grantedBy);
}

function grantedBy(row: { readonly name: string; readonly role_bindings: string; readonly group_name?: string }): GrantedBinding[] {
  const source = row.group_name === undefined ? row.name : `${row.name} (group ${row.group_name})`;
  return parseStoredBindings(row.role_bindings).map((binding) => ({ binding, source }));
}
