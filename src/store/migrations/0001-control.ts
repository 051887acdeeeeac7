import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { referTo } from "./refer-to.ts";

// Lengths are what MySQL can index (190 characters of utf8mb4) and what the values need.
export const controlMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("users")
      .addColumn("id", "varchar(40)", (c) => c.primaryKey())
      .addColumn("username", "varchar(190)", (c) => c.notNull().unique())
      .addColumn("password_hash", "varchar(255)")
      .addColumn("admin", "integer", (c) => c.notNull())
      .addColumn("created_at", "varchar(30)", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("projects")
      .addColumn("id", "varchar(40)", (c) => c.primaryKey())
      .addColumn("name", "varchar(63)", (c) => c.notNull().unique())
      .addColumn("owner_id", "varchar(40)", (c) => c.notNull())
      .addColumn("created_at", "varchar(30)", (c) => c.notNull())
      .$call(referTo("projects_owner_fk", "owner_id", "users"))
      .execute();
    await db.schema
      .createTable("servers")
      .addColumn("id", "varchar(40)", (c) => c.primaryKey())
      .addColumn("handle", "varchar(32)", (c) => c.notNull().unique())
      .addColumn("backing", "text", (c) => c.notNull())
      .addColumn("enabled", "integer", (c) => c.notNull())
      .addColumn("created_at", "varchar(30)", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("project_servers")
      .addColumn("project_id", "varchar(40)", (c) => c.notNull())
      .addColumn("server_id", "varchar(40)", (c) => c.notNull())
      .addColumn("position", "integer", (c) => c.notNull())
      .addPrimaryKeyConstraint("project_servers_pk", ["project_id", "server_id"])
      .$call(referTo("project_servers_project_fk", "project_id", "projects", "cascade"))
      .$call(referTo("project_servers_server_fk", "server_id", "servers", "cascade"))
      .execute();
    await db.schema
      .createTable("mcp_tokens")
      .addColumn("id", "varchar(40)", (c) => c.primaryKey())
      .addColumn("name", "varchar(63)", (c) => c.notNull())
      .addColumn("project_id", "varchar(40)", (c) => c.notNull())
      .addColumn("owner_id", "varchar(40)", (c) => c.notNull())
      .addColumn("head", "varchar(20)", (c) => c.notNull())
      .addColumn("sha256", "varchar(64)", (c) => c.notNull().unique())
      .addColumn("created_at", "varchar(30)", (c) => c.notNull())
      .addColumn("expires_at", "varchar(30)")
      .addColumn("revoked_at", "varchar(30)")
      .addUniqueConstraint("mcp_tokens_name", ["project_id", "name"])
      .$call(referTo("mcp_tokens_project_fk", "project_id", "projects", "cascade"))
      .$call(referTo("mcp_tokens_owner_fk", "owner_id", "users"))
      .execute();
    await db.schema
      .createTable("ended_sessions")
      .addColumn("id_hash", "varchar(64)", (c) => c.primaryKey())
      .addColumn("expires_at", "varchar(30)", (c) => c.notNull())
      .execute();
  },

  async down(db: Kysely<unknown>) {
    for (const table of ["ended_sessions", "mcp_tokens", "project_servers", "servers", "projects", "users"]) {
      await db.schema.dropTable(table).execute();
    }
  },
};
