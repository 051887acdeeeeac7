import { expect, test } from "bun:test";
import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { onEveryEngineEmpty, type WithUrl } from "../databases.fixture.ts";
import { MIGRATIONS, migrateDown, migrateToLatest } from "../migrate.ts";
import { openDatabase } from "../open-database.ts";
import type { Schema } from "../schema.ts";

/** The tables of the schema before, as far as the rows of this test need them. */
interface OldSchema {
  users: { id: string; username: string; password_hash: string | null; admin: number; created_at: string };
  projects: { id: string; name: string; owner_id: string; created_at: string };
  servers: { id: string; handle: string; backing: string; enabled: number; created_at: string };
  project_servers: { project_id: string; server_id: string; position: number };
  mcp_tokens: {
    id: string;
    name: string;
    project_id: string;
    owner_id: string;
    head: string;
    sha256: string;
    created_at: string;
    expires_at: string | null;
    revoked_at: string | null;
  };
  content_category: { id: number; category: string };
}

const AT = "2026-01-02T03:04:05.678Z";
const LATER = "2026-02-03T04:05:06.789Z";
const OPENS_ITS_PROJECT = [
  { role: "view", resource: "servers" },
  { role: "run", resource: "servers" },
  { role: "view", resource: "prompts" },
];

const token = (id: string, name: string, sha: string, dates: { expires_at?: string; revoked_at?: string } = {}) => ({
  id: `tok_${id}`,
  name,
  project_id: "prj_1",
  owner_id: "usr_1",
  head: `mcpctl_pat_${id}`,
  sha256: sha.repeat(64),
  created_at: AT,
  expires_at: null,
  revoked_at: null,
  ...dates,
});

const OLD: { readonly [Table in keyof OldSchema]: readonly OldSchema[Table][] } = {
  users: [
    { id: "usr_1", username: "admin", password_hash: "$argon2id$1", admin: 1, created_at: AT },
    { id: "usr_2", username: "Zoë", password_hash: null, admin: 0, created_at: LATER },
  ],
  projects: [{ id: "prj_1", name: "demo", owner_id: "usr_1", created_at: AT }],
  servers: [{ id: "srv_1", handle: "files", backing: '{"kind":"builtin","name":"content"}', enabled: 1, created_at: AT }],
  project_servers: [{ project_id: "prj_1", server_id: "srv_1", position: 0 }],
  mcp_tokens: [token("1", "live", "a"), token("2", "dated", "b", { expires_at: LATER }), token("3", "gone", "c", { revoked_at: LATER })],
  content_category: [{ id: 1, category: "kept" }],
};

/** A database as the build before left it, with its rows. */
async function withOldRows(withUrl: WithUrl, run: (db: Kysely<Schema>, old: Kysely<OldSchema>) => Promise<void>): Promise<void> {
  await withUrl(async (url) => {
    const { db } = await openDatabase(url);
    const before = Object.fromEntries(Object.entries(MIGRATIONS).slice(0, 2));
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => before } }).migrateToLatest();
    expect(error).toBeUndefined();
    const old = db as unknown as Kysely<OldSchema>;
    for (const [table, rows] of Object.entries(OLD)) {
      await old
        .insertInto(table as keyof OldSchema)
        .values(rows as never)
        .execute();
    }
    await run(db, old);
    await db.destroy();
  });
}

onEveryEngineEmpty((engine, withUrl) => {
  test(`${engine}: people, projects and servers of the schema before keep everything, and an administrator has the role`, () =>
    withOldRows(withUrl, async (db) => {
      await migrateToLatest(db);
      const fresh = { version: 1, updated_at: AT };
      expect(await db.selectFrom("users").selectAll().orderBy("id").execute()).toEqual([
        {
          ...fresh,
          id: "usr_1",
          username: "admin",
          email: null,
          password_hash: "$argon2id$1",
          roles: '["admin"]',
          disabled: 0,
          created_at: AT,
        },
        {
          ...fresh,
          id: "usr_2",
          username: "Zoë",
          email: null,
          password_hash: null,
          roles: "[]",
          disabled: 0,
          created_at: LATER,
          updated_at: LATER,
        },
      ]);
      expect(await db.selectFrom("projects").selectAll().execute()).toEqual([
        { ...fresh, id: "prj_1", name: "demo", description: "", owner_id: "usr_1", created_at: AT },
      ]);
      expect(await db.selectFrom("servers").selectAll().execute()).toEqual([
        {
          ...fresh,
          id: "srv_1",
          handle: "files",
          description: "",
          backing: '{"kind":"builtin","name":"content"}',
          enabled: 1,
          rate_limit: null,
          write_tools: 0,
          policy: "{}",
          created_at: AT,
        },
      ]);
      expect(await db.selectFrom("project_servers").selectAll().execute()).toEqual([...OLD.project_servers]);
      expect(await db.selectFrom("content_category").selectAll().execute()).toEqual([...OLD.content_category]);
    }));

  test(`${engine}: tokens of the schema before keep opening their project, each by a definition of its own, and revoked ones open nothing`, () =>
    withOldRows(withUrl, async (db) => {
      await migrateToLatest(db);
      expect(await db.selectFrom("mcp_tokens").selectAll().orderBy("id").execute()).toEqual(
        OLD.mcp_tokens.map((row) => ({
          ...row,
          active_name: row.revoked_at === null ? row.name : null,
          description: "",
          last_used_at: null,
        })),
      );
      const definitions = await db
        .selectFrom("rbac_definitions")
        .innerJoin("rbac_subjects", "rbac_subjects.definition_id", "rbac_definitions.id")
        .select(["rbac_definitions.id", "rbac_definitions.name", "token_id", "role_bindings", "kind", "rbac_subjects.name as subject"])
        .orderBy("token_id")
        .execute();
      expect(definitions.map((row) => ({ ...row, role_bindings: JSON.parse(row.role_bindings) }))).toEqual(
        OLD.mcp_tokens.slice(0, 2).map(({ id, sha256 }) => ({
          id: id.replace("tok_", "rbac_"),
          name: `mcptoken-${id}`,
          token_id: id,
          role_bindings: OPENS_ITS_PROJECT,
          kind: "McpToken",
          subject: sha256,
        })),
      );
    }));

  test(`${engine}: a revoked token frees its name, and a project takes its tokens with it`, () =>
    withOldRows(withUrl, async (db) => {
      await migrateToLatest(db);
      const again = { ...token("4", "gone", "d"), active_name: "gone", description: "", last_used_at: null };
      await db.insertInto("mcp_tokens").values(again).execute();
      await db.deleteFrom("projects").execute();
      for (const table of ["mcp_tokens", "rbac_definitions", "rbac_subjects", "project_servers"] as const) {
        expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
      }
    }));

  test(`${engine}: down again keeps people, projects, servers and every live token as they were`, () =>
    withOldRows(withUrl, async (db, old) => {
      await migrateToLatest(db);
      await migrateDown(db, Object.keys(MIGRATIONS).length - 2);
      for (const table of ["users", "projects", "servers"] as const) {
        expect(await old.selectFrom(table).selectAll().orderBy("id").execute()).toEqual([...OLD[table]] as never);
      }
      expect(await old.selectFrom("project_servers").selectAll().execute()).toEqual([...OLD.project_servers]);
      expect(await old.selectFrom("mcp_tokens").selectAll().orderBy("id").execute()).toEqual(OLD.mcp_tokens.slice(0, 2));
      const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
      expect(rows).toHaveLength(2);
      await migrateToLatest(db);
      await migrateDown(db);
    }));
});
