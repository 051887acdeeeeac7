import { type CreateTableBuilder, type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { engineOf } from "../engine.ts";
import { referTo } from "./refer-to.ts";

type Builder = CreateTableBuilder<string, string>;

// Lengths are what MySQL can index (190 characters of utf8mb4) and what the values need. Columns that are added to
// tables with rows have defaults; others have none.
export const accessMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db);
    await rebuildTokens(db);
    await createTables(db);
    await createIndexes(db);
    await bindOldTokens(db);
  },
  async down(db: Kysely<unknown>) {
    for (const table of NEW_TABLES.toReversed()) await db.schema.dropTable(table).execute();
    await restoreTokens(db);
    await removeColumns(db);
  },
};

const NEW_TABLES = [
  "user_groups",
  "user_group_members",
  "rbac_definitions",
  "rbac_subjects",
  "prompts",
  "secrets",
  "sessions",
  "signing_keys",
  "revoked_jwts",
  "gateways",
  "feed",
  "feed_entries",
  "audit_events",
  "audit_anchors",
] as const;

async function addColumns(db: Kysely<unknown>): Promise<void> {
  for (const table of ["users", "projects", "servers"]) {
    await db.schema
      .alterTable(table)
      .addColumn("version", "integer", (c) => c.notNull().defaultTo(1))
      .execute();
    await db.schema
      .alterTable(table)
      .addColumn("updated_at", "varchar(30)", (c) => c.notNull().defaultTo(""))
      .execute();
    await sql`update ${sql.table(table)} set updated_at = created_at`.execute(db);
  }
  for (const table of ["projects", "servers"]) {
    await db.schema
      .alterTable(table)
      .addColumn("description", "varchar(500)", (c) => c.notNull().defaultTo(""))
      .execute();
  }
  await db.schema.alterTable("servers").addColumn("rate_limit", "integer").execute();
  await db.schema
    .alterTable("servers")
    .addColumn("write_tools", "integer", (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable("users").addColumn("email", "varchar(190)").execute();
  await db.schema
    .alterTable("users")
    .addColumn("roles", "varchar(190)", (c) => c.notNull().defaultTo("[]"))
    .execute();
  await db.schema
    .alterTable("users")
    .addColumn("disabled", "integer", (c) => c.notNull().defaultTo(0))
    .execute();
  await sql`update users set roles = ${'["admin"]'} where admin = 1`.execute(db);
  await db.schema.alterTable("users").dropColumn("admin").execute();
  await db.schema.createIndex("users_email").on("users").column("email").unique().execute();
}

async function removeColumns(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("users")
    .addColumn("admin", "integer", (c) => c.notNull().defaultTo(0))
    .execute();
  await sql`update users set admin = 1 where roles like ${'%"admin"%'}`.execute(db);
  // Index names are the table's own in MySQL, the schema's elsewhere.
  const dropEmails = db.schema.dropIndex("users_email");
  await (engineOf(db) === "mysql" ? dropEmails.on("users") : dropEmails).execute();
  const added = { users: ["email", "roles", "disabled"], projects: ["description"], servers: ["description", "rate_limit", "write_tools"] };
  for (const [table, columns] of Object.entries(added)) {
    for (const column of [...columns, "version", "updated_at"]) await db.schema.alterTable(table).dropColumn(column).execute();
  }
}

const TOKEN_COLUMNS = ["id", "name", "project_id", "owner_id", "head", "sha256", "created_at", "expires_at", "revoked_at"];

/** A revoked token keeps its row and frees its name; SQLite can drop a unique constraint only with its table. */
async function rebuildTokens(db: Kysely<unknown>): Promise<void> {
  await tokenTable(db, "mcp_tokens_2")
    .addColumn("active_name", "varchar(63)")
    .addColumn("description", "varchar(500)", (c) => c.notNull())
    .addColumn("last_used_at", "varchar(30)")
    .addUniqueConstraint("mcp_tokens_active_name", ["project_id", "active_name"])
    .execute();
  const columns = sql.join(TOKEN_COLUMNS.map((name) => sql.ref(name)));
  await sql`insert into mcp_tokens_2 (${columns}, active_name, description)
    select ${columns}, case when revoked_at is null then name else null end, ${""} from mcp_tokens`.execute(db);
  await replaceTokens(db, "mcp_tokens_2");
}

async function restoreTokens(db: Kysely<unknown>): Promise<void> {
  await tokenTable(db, "mcp_tokens_1").addUniqueConstraint("mcp_tokens_name", ["project_id", "name"]).execute();
  const columns = sql.join(TOKEN_COLUMNS.map((name) => sql.ref(name)));
  // The older schema has room for one token of a name.
  await sql`insert into mcp_tokens_1 (${columns}) select ${columns} from mcp_tokens where active_name is not null`.execute(db);
  await replaceTokens(db, "mcp_tokens_1");
}

/** The names of constraints stay behind, so the tables of up and down have names of their own. */
async function replaceTokens(db: Kysely<unknown>, by: string): Promise<void> {
  await db.schema.dropTable("mcp_tokens").execute();
  await db.schema.alterTable(by).renameTo("mcp_tokens").execute();
}

function tokenTable(db: Kysely<unknown>, table: string): Builder {
  return db.schema
    .createTable(table)
    .addColumn("id", "varchar(40)", (c) => c.primaryKey())
    .addColumn("name", "varchar(63)", (c) => c.notNull())
    .addColumn("project_id", "varchar(40)", (c) => c.notNull())
    .addColumn("owner_id", "varchar(40)", (c) => c.notNull())
    .addColumn("head", "varchar(20)", (c) => c.notNull())
    .addColumn("sha256", "varchar(64)", (c) => c.notNull().unique())
    .addColumn("created_at", "varchar(30)", (c) => c.notNull())
    .addColumn("expires_at", "varchar(30)")
    .addColumn("revoked_at", "varchar(30)")
    .$call(referTo(`${table}_project_fk`, "project_id", "projects", "cascade"))
    .$call(referTo(`${table}_owner_fk`, "owner_id", "users"));
}

function versioned(db: Kysely<unknown>, table: string): Builder {
  return db.schema
    .createTable(table)
    .addColumn("id", "varchar(40)", (c) => c.primaryKey())
    .addColumn("version", "integer", (c) => c.notNull())
    .addColumn("created_at", "varchar(30)", (c) => c.notNull())
    .addColumn("updated_at", "varchar(30)", (c) => c.notNull());
}

async function createTables(db: Kysely<unknown>): Promise<void> {
  await createSubjectTables(db);
  await createProjectTables(db);
  await createIdentityTables(db);
  await createFeedTables(db);
  await createAuditTables(db);
}

async function createSubjectTables(db: Kysely<unknown>): Promise<void> {
  await versioned(db, "user_groups")
    .addColumn("name", "varchar(63)", (c) => c.notNull().unique())
    .addColumn("description", "varchar(500)", (c) => c.notNull())
    .execute();
  await db.schema
    .createTable("user_group_members")
    .addColumn("group_id", "varchar(40)", (c) => c.notNull())
    .addColumn("user_id", "varchar(40)", (c) => c.notNull())
    .addPrimaryKeyConstraint("user_group_members_pk", ["group_id", "user_id"])
    .$call(referTo("user_group_members_group_fk", "group_id", "user_groups", "cascade"))
    .$call(referTo("user_group_members_user_fk", "user_id", "users", "cascade"))
    .execute();
  await versioned(db, "rbac_definitions")
    .addColumn("name", "varchar(80)", (c) => c.notNull().unique())
    .addColumn("role_bindings", "text", (c) => c.notNull())
    .addColumn("token_id", "varchar(40)")
    .$call(referTo("rbac_definitions_token_fk", "token_id", "mcp_tokens", "cascade"))
    .execute();
  await db.schema
    .createTable("rbac_subjects")
    .addColumn("definition_id", "varchar(40)", (c) => c.notNull())
    .addColumn("position", "integer", (c) => c.notNull())
    .addColumn("kind", "varchar(20)", (c) => c.notNull())
    .addColumn("name", "varchar(190)", (c) => c.notNull())
    .addPrimaryKeyConstraint("rbac_subjects_pk", ["definition_id", "position"])
    .$call(referTo("rbac_subjects_definition_fk", "definition_id", "rbac_definitions", "cascade"))
    .execute();
}

async function createProjectTables(db: Kysely<unknown>): Promise<void> {
  await versioned(db, "prompts")
    .addColumn("project_id", "varchar(40)", (c) => c.notNull())
    .addColumn("name", "varchar(63)", (c) => c.notNull())
    .addColumn("description", "varchar(500)", (c) => c.notNull())
    .addColumn("arguments", "text", (c) => c.notNull())
    .addColumn("template", "text", (c) => c.notNull())
    .addUniqueConstraint("prompts_name", ["project_id", "name"])
    .$call(referTo("prompts_project_fk", "project_id", "projects", "cascade"))
    .execute();
  await versioned(db, "secrets")
    .addColumn("name", "varchar(63)", (c) => c.notNull().unique())
    .addColumn("description", "varchar(500)", (c) => c.notNull())
    .addColumn("ciphertext", "text", (c) => c.notNull())
    .execute();
}

async function createIdentityTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("sessions")
    .addColumn("id", "varchar(40)", (c) => c.primaryKey())
    .addColumn("user_id", "varchar(40)", (c) => c.notNull())
    .addColumn("sha256", "varchar(64)", (c) => c.notNull().unique())
    .addColumn("client", "varchar(20)", (c) => c.notNull())
    .addColumn("created_at", "varchar(30)", (c) => c.notNull())
    .addColumn("last_used_at", "varchar(30)", (c) => c.notNull())
    .addColumn("expires_at", "varchar(30)", (c) => c.notNull())
    .addColumn("address", "varchar(64)")
    .addColumn("user_agent", "varchar(200)")
    .$call(referTo("sessions_user_fk", "user_id", "users", "cascade"))
    .execute();
  await db.schema
    .createTable("signing_keys")
    .addColumn("kid", "varchar(64)", (c) => c.primaryKey())
    .addColumn("ciphertext", "text", (c) => c.notNull())
    .addColumn("public_jwk", "text", (c) => c.notNull())
    .addColumn("created_at", "varchar(30)", (c) => c.notNull())
    .addColumn("retires_at", "varchar(30)", (c) => c.notNull())
    .addColumn("expires_at", "varchar(30)", (c) => c.notNull())
    .execute();
  await db.schema
    .createTable("revoked_jwts")
    .addColumn("jti", "varchar(64)", (c) => c.primaryKey())
    .addColumn("expires_at", "varchar(30)", (c) => c.notNull())
    .execute();
  await versioned(db, "gateways")
    .addColumn("name", "varchar(63)", (c) => c.notNull().unique())
    .addColumn("description", "varchar(500)", (c) => c.notNull())
    .addColumn("head", "varchar(20)", (c) => c.notNull())
    .addColumn("sha256", "varchar(64)", (c) => c.notNull().unique())
    .addColumn("last_seen_at", "varchar(30)")
    .execute();
}

async function createFeedTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("feed")
    .addColumn("id", "integer", (c) => c.primaryKey())
    .addColumn("revision", "bigint", (c) => c.notNull())
    .execute();
  await sql`insert into feed (id, revision) values (1, 0)`.execute(db);
  await db.schema
    .createTable("feed_entries")
    .addColumn("revision", "bigint", (c) => c.notNull())
    .addColumn("position", "integer", (c) => c.notNull())
    .addColumn("kind", "varchar(40)", (c) => c.notNull())
    .addColumn("ref", "varchar(190)", (c) => c.notNull())
    .addColumn("at", "varchar(30)", (c) => c.notNull())
    .addPrimaryKeyConstraint("feed_entries_pk", ["revision", "position"])
    .execute();
}

async function createAuditTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("audit_events")
    .addColumn("writer", "varchar(40)", (c) => c.notNull())
    .addColumn("sequence", "bigint", (c) => c.notNull())
    .addColumn("at", "varchar(30)", (c) => c.notNull())
    .addColumn("kind", "varchar(40)", (c) => c.notNull())
    .addColumn("outcome", "varchar(20)", (c) => c.notNull())
    .addColumn("status", "integer")
    .addColumn("code", "varchar(80)")
    .addColumn("actor_kind", "varchar(20)", (c) => c.notNull())
    .addColumn("actor_id", "varchar(190)", (c) => c.notNull())
    .addColumn("actor_name", "varchar(190)", (c) => c.notNull())
    .addColumn("user_name", "varchar(190)")
    .addColumn("token_name", "varchar(63)")
    .addColumn("token_sha", "varchar(64)")
    .addColumn("project", "varchar(63)")
    .addColumn("server", "varchar(32)")
    .addColumn("tool", "varchar(190)")
    .addColumn("method", "varchar(80)")
    .addColumn("action", "varchar(80)")
    .addColumn("resource", "varchar(40)")
    .addColumn("resource_name", "varchar(190)")
    .addColumn("trace_id", "varchar(64)")
    .addColumn("address", "varchar(64)")
    .addColumn("duration_ms", "integer")
    .addColumn("detail", "text")
    .addColumn("hash", "varchar(64)", (c) => c.notNull())
    .addPrimaryKeyConstraint("audit_events_pk", ["writer", "sequence"])
    .execute();
  await db.schema
    .createTable("audit_anchors")
    .addColumn("writer", "varchar(40)", (c) => c.primaryKey())
    .addColumn("sequence", "bigint", (c) => c.notNull())
    .addColumn("hash", "varchar(64)", (c) => c.notNull())
    .addColumn("at", "varchar(30)", (c) => c.notNull())
    .execute();
}

const INDEXES: readonly (readonly [string, string, readonly string[]])[] = [
  ["user_group_members_user", "user_group_members", ["user_id"]],
  ["rbac_subjects_name", "rbac_subjects", ["kind", "name"]],
  ["rbac_definitions_token", "rbac_definitions", ["token_id"]],
  ["sessions_user", "sessions", ["user_id"]],
  ["mcp_tokens_owner", "mcp_tokens", ["owner_id"]],
  ["audit_events_at", "audit_events", ["at"]],
  ["audit_events_token_name", "audit_events", ["token_name", "at"]],
  ["audit_events_token_sha", "audit_events", ["token_sha", "at"]],
  ["audit_events_user", "audit_events", ["user_name", "at"]],
  ["audit_events_project", "audit_events", ["project", "at"]],
  ["audit_events_trace", "audit_events", ["trace_id"]],
];

async function createIndexes(db: Kysely<unknown>): Promise<void> {
  for (const [name, table, columns] of INDEXES)
    await db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute();
}

const OLD_TOKEN_BINDINGS = JSON.stringify([
  { role: "view", resource: "servers" },
  { role: "run", resource: "servers" },
  { role: "view", resource: "prompts" },
]);

/** Tokens of earlier versions opened their whole project, and go on doing so. */
async function bindOldTokens(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ id: string; sha256: string; created_at: string }>`
    select id, sha256, created_at from mcp_tokens where active_name is not null`.execute(db);
  for (const { id, sha256, created_at: at } of rows) {
    const definition = id.replace(/^tok_/, "rbac_");
    await sql`insert into rbac_definitions (id, name, role_bindings, token_id, version, created_at, updated_at)
      values (${definition}, ${`mcptoken-${id}`}, ${OLD_TOKEN_BINDINGS}, ${id}, 1, ${at}, ${at})`.execute(db);
    await sql`insert into rbac_subjects (definition_id, position, kind, name)
      values (${definition}, 0, ${"McpToken"}, ${sha256})`.execute(db);
  }
}
