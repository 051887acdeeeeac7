import type { Kysely, Selectable, Transaction } from "kysely";
import { AppError } from "../../core/app-error.ts";
import type { Schema, UserGroupTable } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { ChangeLog } from "../change/change-log.ts";
import { lockRows } from "../change/lock-rows.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import { dropSubjects } from "../rbac/sql-drop-subjects.ts";
import { userUnknown } from "../user/user.ts";
import { type Group, groupUnknown } from "./group.ts";
import type { GroupChange, GroupFilter, GroupStore } from "./group-store.ts";

const SORT_COLUMN = { name: "user_groups.name", createdAt: "user_groups.created_at" } as const;

export function sqlGroupStore(db: Kysely<Schema>, changes: ChangeLog): GroupStore {
  return {
    insert: (group, event) =>
      changes.commit(async (tx) => {
        await insertRow(tx, group);
        await setMembers(tx, group.id, group.members);
        return { result: undefined, change: { event, touched: [{ kind: "groups", ref: group.id }] } };
      }),
    change: (id, plan) =>
      changes.commit(async (tx) => {
        const current = await lockedGroup(tx, id);
        const change = plan(current);
        if (change === undefined) return { result: current, change: undefined };
        const result = await writeChange(tx, current, change);
        return { result, change: { event: change.event, touched: [{ kind: "groups", ref: id }] } };
      }),
    delete: (id, plan) =>
      changes.commit(async (tx) => {
        const current = await lockedGroup(tx, id);
        const event = plan(current);
        const dropped = await dropSubjects(tx, [{ kind: "Group", name: current.name }], event.at);
        await tx.deleteFrom("user_groups").where("id", "=", id).execute();
        const detail = { ...event.detail, members: current.members, definitionsDeleted: dropped.deleted };
        return {
          result: undefined,
          change: { event: { ...event, detail }, touched: [{ kind: "groups" as const, ref: id }, ...dropped.touched] },
        };
      }),
    byId: (id) => groupBy(db, "id", id),
    byName: (name) => groupBy(db, "name", name),
    async namesOfUser(userId) {
      const rows = await db
        .selectFrom("user_group_members")
        .innerJoin("user_groups", "user_groups.id", "user_group_members.group_id")
        .select("user_groups.name")
        .where("user_group_members.user_id", "=", userId)
        .execute();
      return rows.map(({ name }) => name).sort();
    },
    async page(filter, request) {
      const columns = { sort: SORT_COLUMN[request.sort.field], id: "user_groups.id", name: "user_groups.name" };
      const groups = await withMembers(db, await pageQuery(filtered(db, filter), request, columns).execute());
      const value = (group: Group) => (request.sort.field === "name" ? group.name : group.createdAt.toISOString());
      return cutPage(groups, request.limit, (group) => ({ value: value(group), id: group.id }));
    },
  };
}

async function insertRow(tx: Transaction<Schema>, { id, name, description, version, createdAt, updatedAt }: Group): Promise<void> {
  const at = { created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
  try {
    await tx
      .insertInto("user_groups")
      .values({ id, name, description, version, ...at })
      .execute();
  } catch (thrown) {
    if (isUniqueViolation(thrown)) throw new AppError("conflict", "GROUP_NAME_TAKEN", `There is a group ${name} already`);
    throw thrown;
  }
}

/** The group's members are these from here on; none of them is deleted meanwhile. */
async function setMembers(tx: Transaction<Schema>, groupId: string, usernames: readonly string[]): Promise<void> {
  await tx.deleteFrom("user_group_members").where("group_id", "=", groupId).execute();
  if (usernames.length === 0) return;
  await lockRows(tx, "users", "username", usernames);
  const users = await tx.selectFrom("users").select(["id", "username"]).where("username", "in", usernames).execute();
  const known = new Set(users.map(({ username }) => username));
  const stranger = usernames.find((username) => !known.has(username));
  if (stranger !== undefined) throw userUnknown(stranger);
  await tx
    .insertInto("user_group_members")
    .values(users.map(({ id }) => ({ group_id: groupId, user_id: id })))
    .execute();
}

async function lockedGroup(tx: Transaction<Schema>, id: string): Promise<Group> {
  await lockRows(tx, "user_groups", "id", [id]);
  const group = await groupBy(tx, "id", id);
  if (group === undefined) throw groupUnknown(id);
  return group;
}

async function writeChange(tx: Transaction<Schema>, current: Group, change: GroupChange): Promise<Group> {
  const { description = current.description, members, event } = change;
  const version = current.version + 1;
  await tx.updateTable("user_groups").set({ description, version, updated_at: event.at }).where("id", "=", current.id).execute();
  if (members !== undefined) await setMembers(tx, current.id, members);
  return { ...current, description, members: members ?? current.members, version, updatedAt: new Date(event.at) };
}

async function groupBy(db: Kysely<Schema>, column: "id" | "name", value: string): Promise<Group | undefined> {
  const rows = await db.selectFrom("user_groups").selectAll().where(column, "=", value).execute();
  return (await withMembers(db, rows))[0];
}

function filtered(db: Kysely<Schema>, { name, member }: GroupFilter) {
  let query = db.selectFrom("user_groups").selectAll();
  if (name !== undefined) query = query.where("name", "=", name);
  if (member === undefined) return query;
  return query.where(({ exists, selectFrom }) =>
    exists(
      selectFrom("user_group_members")
        .innerJoin("users", "users.id", "user_group_members.user_id")
        .select("user_group_members.group_id")
        .whereRef("user_group_members.group_id", "=", "user_groups.id")
        .where("users.username", "=", member),
    ),
  );
}

async function withMembers(db: Kysely<Schema>, rows: readonly Selectable<UserGroupTable>[]): Promise<Group[]> {
  if (rows.length === 0) return [];
  const links = await db
    .selectFrom("user_group_members")
    .innerJoin("users", "users.id", "user_group_members.user_id")
    .select(["user_group_members.group_id", "users.username"])
    .where(
      "user_group_members.group_id",
      "in",
      rows.map(({ id }) => id),
    )
    .execute();
  const byGroup = Map.groupBy(links, (link) => link.group_id);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    members: (byGroup.get(row.id) ?? []).map(({ username }) => username).sort(),
    version: row.version,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }));
}
