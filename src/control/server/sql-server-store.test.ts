import { expect, test } from "bun:test";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { systemActor } from "../access/system-actor.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { createSecret } from "../secret/create-secret.ts";
import { deleteSecret } from "../secret/delete-secret.ts";
import { nounsWithUsers } from "../snapshot/nouns.fixture.ts";
import { createServer } from "./create-server.ts";
import { serverStoreContract } from "./server-store.contract.ts";
import { sqlServerStore } from "./sql-server-store.ts";

onEveryEngine((engine, withDatabase) => {
  serverStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      const dates = { version: 1, created_at: "", updated_at: "" };
      for (const name of ["one", "two"]) {
        await db
          .insertInto("projects")
          .values({ id: `prj_${name}`, name, description: "", owner_id: "usr_ada", ...dates })
          .execute();
      }
      await createSecret(nouns, systemActor(), { name: "key", value: "hush" });
      const changes = plainChangeLog(db);
      const versionOfProject = async (name: string) =>
        (await db.selectFrom("projects").select("version").where("name", "=", name).executeTakeFirst())?.version;
      await run({ store: sqlServerStore(db, changes), changes: changes.changes, versionOfProject });
    }),
  );

  test(`${engine}: a secret that a server comes to name at the moment of its deletion stays, or the server is not saved`, () =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      for (let round = 0; round < 5; round += 1) {
        const [name, handle] = [`key-${round}`, `s${round}`];
        await createSecret(nouns, systemActor(), { name, value: "hush" });
        const backing = { kind: "url", url: "https://example.org/mcp", secretHeaders: { Authorization: name } } as const;
        const [saving, deleting] = await Promise.allSettled([
          createServer(nouns, systemActor(), { handle, backing }),
          deleteSecret(nouns, systemActor(), name),
        ]);
        expect([saving.status, deleting.status].sort()).toEqual(["fulfilled", "rejected"]);
        const secret = await nouns.secrets.byName(name);
        expect(secret?.usedBy).toEqual(saving.status === "fulfilled" ? [handle] : undefined);
        if (saving.status === "rejected") expect(saving.reason).toMatchObject({ code: "not_found", reason: "SECRET_UNKNOWN" });
        if (deleting.status === "rejected") expect(deleting.reason).toMatchObject({ code: "conflict", reason: "SECRET_IN_USE" });
      }
    }));
});
