import { deepStrictEqual } from "node:assert";
import type { Kysely } from "kysely";
import type { Schema } from "../../src/store/schema.ts";
import { isUniqueViolation } from "../../src/store/unique-violation.ts";

const AT = "2026-01-02T03:04:05.678Z";
const VERSIONED = { version: 1, created_at: AT, updated_at: AT };
const NAMES = ["Zoë", "ann", "ann ", "bob", "😀"];
const SHA = "a".repeat(64);

/** Writes rows that refer to each other, reads them back and takes them away again. Throws where anything differs. */
export async function checkRows(db: Kysely<Schema>): Promise<void> {
  await checkUsers(db);
  await checkToken(db);
  await checkRevision(db);
  await db.deleteFrom("projects").execute();
  deepStrictEqual(await db.selectFrom("rbac_subjects").selectAll().execute(), []);
  await db.deleteFrom("users").execute();
}

/** Names sort by their bytes, none is another, and one is taken once. */
async function checkUsers(db: Kysely<Schema>): Promise<void> {
  const user = (username: string, index: number) =>
    ({ id: `usr_${index}`, username, email: null, password_hash: null, roles: '["view"]', disabled: 0, ...VERSIONED }) as const;
  const rows = NAMES.map(user);
  await db.insertInto("users").values(rows.toReversed()).execute();
  const read = await db.selectFrom("users").selectAll().orderBy("username").execute();
  deepStrictEqual(read.map(sortedKeys), rows.map(sortedKeys));
  const again = await db
    .insertInto("users")
    .values(user("ann", 99))
    .execute()
    .catch((thrown: unknown) => thrown);
  if (!isUniqueViolation(again)) throw new Error("a user name was taken twice");
}

async function checkToken(db: Kysely<Schema>): Promise<void> {
  const project = { id: "prj_1", name: "demo", description: "é", owner_id: "usr_1", ...VERSIONED };
  const token = {
    id: "tok_1",
    name: "ci",
    active_name: "ci",
    project_id: "prj_1",
    owner_id: "usr_1",
    description: "",
    head: "mcpctl_pat_abcd",
  };
  const dates = { created_at: AT, expires_at: null, revoked_at: null, last_used_at: null };
  const definition = {
    id: "rbac_1",
    name: "mcptoken-tok_1",
    role_bindings: '[{"role":"view","resource":"*"}]',
    token_id: "tok_1",
    ...VERSIONED,
  };
  const subject = { definition_id: "rbac_1", position: 0, kind: "McpToken", name: SHA } as const;
  await db.insertInto("projects").values(project).execute();
  await db
    .insertInto("mcp_tokens")
    .values({ ...token, ...dates, sha256: SHA })
    .execute();
  await db.insertInto("rbac_definitions").values(definition).execute();
  await db.insertInto("rbac_subjects").values(subject).execute();
  const read = await db
    .selectFrom("mcp_tokens")
    .innerJoin("rbac_subjects", "rbac_subjects.name", "mcp_tokens.sha256")
    .innerJoin("rbac_definitions", "rbac_definitions.id", "rbac_subjects.definition_id")
    .select(["mcp_tokens.id", "active_name", "expires_at", "role_bindings"])
    .execute();
  deepStrictEqual(read, [{ id: "tok_1", active_name: "ci", expires_at: null, role_bindings: definition.role_bindings }]);
}

/** The one row that a migration writes is there, and has room for every whole number that is exact. */
async function checkRevision(db: Kysely<Schema>): Promise<void> {
  const read = () => db.selectFrom("feed").selectAll().execute();
  deepStrictEqual(await read(), [{ id: 1, revision: 0 }]);
  await db.updateTable("feed").set({ revision: Number.MAX_SAFE_INTEGER }).execute();
  deepStrictEqual(await read(), [{ id: 1, revision: Number.MAX_SAFE_INTEGER }]);
  await db.updateTable("feed").set({ revision: 0 }).execute();
}

function sortedKeys(row: object): object {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}
