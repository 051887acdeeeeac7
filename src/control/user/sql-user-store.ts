import type { Kysely, Transaction } from "kysely";
import type { AuditDraft } from "../../api/audit-event.ts";
import { AppError } from "../../core/app-error.ts";
import { isForeignKeyViolation } from "../../store/foreign-key-violation.ts";
import type { Schema } from "../../store/schema.ts";
import { isUniqueViolation } from "../../store/unique-violation.ts";
import type { ChangeLog } from "../change/change-log.ts";
import { lockRows } from "../change/lock-rows.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import { deleteUserRows, requireNoProjects } from "./sql-delete-user.ts";
import { adminsOf, countEnabledAdmins, lockAdmins, requireAdminLeft } from "./sql-enabled-admins.ts";
import { endSessions } from "./sql-end-sessions.ts";
import { type User, userUnknown } from "./user.ts";
import { rowOfUser, userOfRow } from "./user-row.ts";
import type { UserChange, UserStore } from "./user-store.ts";

const SORT_COLUMN = { username: "users.username", createdAt: "users.created_at" } as const;

export function sqlUserStore(db: Kysely<Schema>, changes: ChangeLog): UserStore {
  return {
    insert: (user, event) => insertUser(db, changes, user, event),
    change: (id, plan) =>
      changes.commit(async (tx) => {
        await lockAdmins(tx);
        const current = await lockedUser(tx, id);
        const change = plan(current);
        if (change === undefined) return { result: current, change: undefined };
        const { result, locksOut } = changed(current, change);
        await writeUser(tx, result);
        await requireAdminLeft(tx, current);
        const ended = locksOut ? await endSessions(tx, id) : [];
        return { result, change: { event: change.event, touched: [{ kind: "users" as const, ref: id }, ...ended] } };
      }),
    async delete(id, plan) {
      try {
        await changes.commit(async (tx) => {
          await lockAdmins(tx);
          const current = await lockedUser(tx, id);
          const change = await deleteUserRows(tx, current, plan(current));
          await requireAdminLeft(tx, current);
          return { result: undefined, change };
        });
      } catch (thrown) {
        // A project that was made meanwhile makes the foreign key refuse.
        if (isForeignKeyViolation(thrown)) await requireNoProjects(db, id);
        throw thrown;
      }
    },
    setPasswordHash: (id, passwordHash, event, keepSession) =>
      changes.commit(async (tx) => {
        const current = await lockedUser(tx, id);
        await writeUser(tx, changed(current, { passwordHash, event }).result);
        const ended = await endSessions(tx, id, keepSession);
        return { result: undefined, change: { event, touched: [{ kind: "users" as const, ref: id }, ...ended] } };
      }),
    byId: (id) => userBy(db, "id", id),
    byUsername: (username) => userBy(db, "username", username),
    byEmail: (email) => userBy(db, "email", email),
    async page(filter, request) {
      const all = db.selectFrom("users").selectAll();
      const query = filter.username === undefined ? all : all.where("username", "=", filter.username);
      const columns = { sort: SORT_COLUMN[request.sort.field], id: "users.id", name: "users.username" };
      const users = (await pageQuery(query, request, columns).execute()).map(userOfRow);
      const value = (user: User) => (request.sort.field === "username" ? user.username : user.createdAt.toISOString());
      return cutPage(users, request.limit, (user) => ({ value: value(user), id: user.id }));
    },
    async firstAdmin() {
      const row = await adminsOf(db).selectAll().orderBy("created_at").orderBy("id").limit(1).executeTakeFirst();
      return row === undefined ? undefined : userOfRow(row);
    },
    countEnabledAdmins: () => countEnabledAdmins(db),
  };
}

async function insertUser(db: Kysely<Schema>, changes: ChangeLog, user: User, event: AuditDraft): Promise<void> {
  let taken = false;
  const write = async (tx: Transaction<Schema>) => {
    try {
      await tx.insertInto("users").values(rowOfUser(user)).execute();
    } catch (thrown) {
      taken = isUniqueViolation(thrown);
      throw thrown;
    }
    return { result: undefined, change: { event, touched: [{ kind: "users" as const, ref: user.id }] } };
  };
  try {
    await changes.commit(write);
  } catch (thrown) {
    if (!taken) throw thrown;
    // Which of the two it was can only be asked when the transaction is over.
    if (user.email !== undefined && (await userBy(db, "email", user.email)) !== undefined) throw emailTaken();
    throw new AppError("conflict", "USERNAME_TAKEN", `There is a user ${user.username} already`);
  }
}

function emailTaken(): AppError {
  return new AppError("conflict", "USER_EMAIL_TAKEN", "Another user has this email");
}

async function userBy(db: Kysely<Schema>, column: "id" | "username" | "email", value: string): Promise<User | undefined> {
  const row = await db.selectFrom("users").selectAll().where(column, "=", value).executeTakeFirst();
  return row === undefined ? undefined : userOfRow(row);
}

/** The user as they are now; nobody else changes them until the transaction ends. */
async function lockedUser(tx: Transaction<Schema>, id: string): Promise<User> {
  await lockRows(tx, "users", "id", [id]);
  const user = await userBy(tx, "id", id);
  if (user === undefined) throw userUnknown(id);
  return user;
}

/** `locksOut`: whoever is logged in as this user is not any more. */
function changed(current: User, { email, roles, disabled, passwordHash, event }: UserChange): { result: User; locksOut: boolean } {
  const result: User = {
    ...current,
    email: email === undefined ? current.email : (email ?? undefined),
    roles: roles ?? current.roles,
    disabled: disabled ?? current.disabled,
    passwordHash: passwordHash ?? current.passwordHash,
    version: current.version + 1,
    updatedAt: new Date(event.at),
  };
  return { result, locksOut: passwordHash !== undefined || (result.disabled && !current.disabled) };
}

async function writeUser(tx: Transaction<Schema>, user: User): Promise<void> {
  try {
    await tx.updateTable("users").set(rowOfUser(user)).where("id", "=", user.id).execute();
  } catch (thrown) {
    // A user's name never changes.
    if (isUniqueViolation(thrown)) throw emailTaken();
    throw thrown;
  }
}
