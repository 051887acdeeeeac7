import type { Kysely } from "kysely";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { mcpTokenStoreContract } from "./mcp-token-store.contract.ts";
import { seedProjects } from "./project-rows.fixture.ts";
import { sqlMcpTokenStore } from "./sql-mcp-token-store.ts";

onEveryEngine((engine, withDatabase) =>
  mcpTokenStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      await seedUsers(db, aUser("ada", { email: "ada@example.org", roles: ["admin"] }), aUser("bob"));
      await seedProjects(db, "usr_ada", "one", "two");
      const log = plainChangeLog(db);
      await run({
        store: sqlMcpTokenStore(db, log),
        changes: log.changes,
        definitions: () => definitionsOf(db),
        define: (...subjects) => define(db, subjects),
      });
    }),
  ),
);

async function definitionsOf(db: Kysely<Schema>): Promise<object[]> {
  const rows = await db.selectFrom("rbac_definitions").selectAll().orderBy("id").execute();
  const subjects = await db.selectFrom("rbac_subjects").selectAll().execute();
  return rows.map((row) => ({
    name: row.name,
    tokenId: row.token_id,
    subjects: subjects.filter((each) => each.definition_id === row.id).map(({ kind, name }) => ({ kind, name })),
    roleBindings: JSON.parse(row.role_bindings),
  }));
}

async function define(db: Kysely<Schema>, subjects: readonly { kind: "McpToken" | "User"; name: string }[]): Promise<void> {
  const at = "2026-01-01T00:00:00.000Z";
  const row = { id: "rbac_people", name: "people", role_bindings: "[]", token_id: null, version: 1, created_at: at, updated_at: at };
  await db.insertInto("rbac_definitions").values(row).execute();
  const rows = subjects.map((subject, position) => ({ definition_id: row.id, position, ...subject }));
  await db.insertInto("rbac_subjects").values(rows).execute();
}
