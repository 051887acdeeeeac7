import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { Schema, SessionTable } from "../../store/schema.ts";
import type { Change, ChangeLog } from "../change/change-log.ts";
import { planEnd, type Session } from "./session.ts";
import type { FoundSession, SessionStart, SessionStore } from "./session-store.ts";
import { ACCOUNT_COLUMNS, accountOf } from "./sql-account-store.ts";

export function sqlSessionStore(db: Kysely<Schema>, changes: ChangeLog): SessionStore {
  const find = async (column: "sha256" | "id", value: string): Promise<FoundSession | undefined> => {
    const row = await db.selectFrom("sessions").selectAll().where(column, "=", value).executeTakeFirst();
    if (row === undefined) return undefined;
    const user = await db.selectFrom("users").select(ACCOUNT_COLUMNS).where("users.id", "=", row.user_id).executeTakeFirst();
    return user === undefined ? undefined : { session: sessionOf(row), account: accountOf(user) };
  };
  return {
    bySha: (sha256) => find("sha256", sha256),
    byId: (id) => find("id", id),
    async start(start) {
      return await changes.commit(async (tx) => {
        if (!(await stillHolds(tx, start))) return { result: false, change: undefined };
        const ended = await makeRoom(tx, start);
        await tx.insertInto("sessions").values(rowOf(start.session)).execute();
        return { result: true, change: { event: start.event, touched: ended.map(touchedBy) } };
      });
    },
    async ofUser(userId) {
      const rows = await db.selectFrom("sessions").selectAll().where("user_id", "=", userId).orderBy("created_at", "desc").execute();
      return rows.map(sessionOf);
    },
    async touch(id, at) {
      const last = at.toISOString();
      await db.updateTable("sessions").set({ last_used_at: last }).where("id", "=", id).where("last_used_at", "<", last).execute();
    },
    async end(session, event) {
      return await changes.commit(async (tx) => {
        const { numDeletedRows } = await tx.deleteFrom("sessions").where("id", "=", session.id).executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) return { result: false, change: undefined };
        return { result: true, change: { event, touched: [touchedBy(session)] } };
      });
    },
    async prune(now) {
      await db.deleteFrom("sessions").where("expires_at", "<=", now.toISOString()).execute();
    },
  };
}

/**
 * Whether the account is still what the password was checked against. The user's row is locked first, so that two
 * log-ins count each other's sessions, and a change of the password comes before this or after it.
 */
async function stillHolds(tx: Transaction<Schema>, { account }: SessionStart): Promise<boolean> {
  await tx.updateTable("users").set({ disabled: sql`disabled` }).where("id", "=", account.id).execute();
  const row = await tx.selectFrom("users").select(["password_hash", "disabled"]).where("id", "=", account.id).executeTakeFirst();
  return row !== undefined && row.disabled === 0 && (row.password_hash ?? undefined) === account.passwordHash;
}

async function makeRoom(tx: Transaction<Schema>, { session, limits }: SessionStart): Promise<readonly Session[]> {
  const rows = await tx.selectFrom("sessions").selectAll().where("user_id", "=", session.userId).execute();
  const ended = planEnd(rows.map(sessionOf), limits, session.createdAt);
  const ids = ended.map(({ id }) => id);
  if (ids.length > 0) await tx.deleteFrom("sessions").where("id", "in", ids).execute();
  return ended;
}

function touchedBy({ id }: Session): Change["touched"][number] {
  return { kind: "sessions", ref: id };
}

function rowOf(session: Session): SessionTable {
  return {
    id: session.id,
    user_id: session.userId,
    sha256: session.sha256,
    client: session.client,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    address: session.address ?? null,
    user_agent: session.userAgent ?? null,
  };
}

function sessionOf(row: Selectable<SessionTable>): Session {
  return {
    id: row.id,
    userId: row.user_id,
    sha256: row.sha256,
    client: row.client,
    createdAt: new Date(row.created_at),
    lastUsedAt: new Date(row.last_used_at),
    expiresAt: new Date(row.expires_at),
    address: row.address ?? undefined,
    userAgent: row.user_agent ?? undefined,
  };
}
