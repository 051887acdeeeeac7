import type { Kysely } from "kysely";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { Schema, UserTable } from "../../store/schema.ts";
import type { Session } from "./session.ts";

export const START = Date.parse("2026-01-01T00:00:00Z");

/** The instant so many milliseconds after the start of all tests here. */
export function at(ms: number): Date {
  return new Date(START + ms);
}

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A user in the database: `usr_<name>`, whose password is hashed as `hash of <name>`. */
export async function addUser(db: Kysely<Schema>, name: string, fields: Partial<UserTable> = {}): Promise<void> {
  const user: UserTable = {
    id: `usr_${name}`,
    username: name,
    email: `${name}@example.com`,
    password_hash: `hash of ${name}`,
    roles: "[]",
    disabled: 0,
    version: 1,
    created_at: at(0).toISOString(),
    updated_at: at(0).toISOString(),
    ...fields,
  };
  await db.insertInto("users").values(user).execute();
}

export function aSession(id: string, fields: Partial<Session> = {}): Session {
  return {
    id: `ses_${id}`,
    userId: "usr_ada",
    sha256: id.padEnd(64, "0"),
    client: "cli",
    createdAt: at(0),
    lastUsedAt: at(0),
    expiresAt: at(30 * DAY),
    address: "10.0.0.1",
    userAgent: undefined,
    ...fields,
  };
}

export const EVENT: AuditDraft = {
  kind: "rpc",
  outcome: "ok",
  at: at(0).toISOString(),
  actorKind: "user",
  actorId: "usr_ada",
  actorName: "ada",
  action: "session.create",
};

/** A value that must be there. */
export function present<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error("nothing is there");
  return value;
}
