import { expect, test } from "bun:test";
import { sql } from "kysely";
import { onEveryEngine, onServers } from "../../store/databases.fixture.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { systemActor } from "../access/system-actor.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { createPrompt } from "../prompt/create-prompt.ts";
import { createServer } from "../server/create-server.ts";
import { nounsWithUsers } from "../snapshot/nouns.fixture.ts";
import { createProject } from "./create-project.ts";
import { projectStoreContract } from "./project-store.contract.ts";
import { sqlProjectStore } from "./sql-project-store.ts";

onEveryEngine((engine, withDatabase) => {
  projectStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      for (const handle of ["a", "b", "c"])
        await createServer(nouns, systemActor(), { handle, backing: { kind: "builtin", name: "content" } });
      const changes = plainChangeLog(db);
      await run({ store: sqlProjectStore(db, changes), changes: changes.changes });
    }),
  );

  test(`${engine}: a project that is deleted takes its tokens, their definitions and its prompts along, and says so`, () =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      const ids: string[] = [];
      for (const name of ["one", "two"]) {
        const project = await createProject(nouns, systemActor(), { name, ownerId: "usr_ada" });
        ids.push(project.id);
        await createPrompt(nouns, systemActor(), { name: "hello", project: name, template: "Hello" });
        const sha256 = name.padEnd(64, "0");
        const token = { id: `tok_${name}`, name: "ci", active_name: "ci", project_id: project.id, owner_id: "usr_ada", description: "" };
        const dates = { created_at: "", expires_at: null, revoked_at: null, last_used_at: null };
        await db
          .insertInto("mcp_tokens")
          .values({ ...token, ...dates, head: "mcpctl_pat_abcd", sha256 })
          .execute();
        const definition = { id: `rbac_${name}`, name: `mcptoken-tok_${name}`, role_bindings: "[]", token_id: `tok_${name}` };
        await db
          .insertInto("rbac_definitions")
          .values({ ...definition, version: 1, created_at: "", updated_at: "" })
          .execute();
        await db
          .insertInto("rbac_subjects")
          .values({ definition_id: definition.id, position: 0, kind: "McpToken", name: sha256 })
          .execute();
      }
      const [one = ""] = ids;
      await nouns.projects.delete(one, () => resourceEvent(systemActor(), nouns.time.now, { action: "project.delete" }));
      const left = async (table: "mcp_tokens" | "rbac_definitions" | "prompts") =>
        (await db.selectFrom(table).select("id").execute()).length;
      expect([await left("mcp_tokens"), await left("rbac_definitions"), await left("prompts")]).toEqual([1, 1, 1]);
      expect(await db.selectFrom("rbac_subjects").select("name").execute()).toEqual([{ name: "two".padEnd(64, "0") }]);
      const { touched, event } = nouns.changes.at(-1) ?? { touched: [] };
      expect(touched.filter(({ kind }) => kind !== "prompts")).toEqual([
        { kind: "projects", ref: one },
        { kind: "mcptokens", ref: "one".padEnd(64, "0") },
        { kind: "rbac", ref: "rbac_one" },
      ]);
      expect(touched.filter(({ kind }) => kind === "prompts")).toHaveLength(1);
      expect(event?.detail).toMatchObject({ revoked: 1, mcptokens: ["ci"], prompts: 1 });
    }));
});

onServers(
  (engine, withServer) =>
    test(`${engine}: a token that is being issued while its project is deleted is named too`, () =>
      withServer(async (db) => {
        const nouns = await nounsWithUsers(db);
        const project = await createProject(nouns, systemActor(), { name: "demo", ownerId: "usr_ada" });
        const [isInserted, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const token = {
          id: "tok_1",
          name: "ci",
          active_name: "ci",
          project_id: project.id,
          owner_id: "usr_ada",
          description: "",
          head: "",
        };
        const dates = { created_at: "", expires_at: null, revoked_at: null, last_used_at: null };
        const issuing = db.transaction().execute(async (tx) => {
          await tx
            .insertInto("mcp_tokens")
            .values({ ...token, ...dates, sha256: "a".repeat(64) })
            .execute();
          isInserted.resolve();
          await mayCommit.promise;
        });
        await isInserted.promise;
        const deleting = nouns.projects.delete(project.id, () => resourceEvent(systemActor(), nouns.time.now, {}));
        for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
          const waiting = await sql`select 1 from pg_locks where not granted`.execute(db);
          if (waiting.rows.length > 0) break;
        }
        mayCommit.resolve();
        await Promise.all([issuing, deleting]);
        expect(nouns.changes.at(-1)?.touched).toContainEqual({ kind: "mcptokens", ref: "a".repeat(64) });
        expect(await db.selectFrom("mcp_tokens").select("id").execute()).toEqual([]);
      })),
  ["Postgres"],
);
