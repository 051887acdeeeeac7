import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { RoleBinding } from "../../core/permission.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { seedDefinition, seedGroup, seedProject, seedToken } from "../rbac/access-seeds.fixture.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { sqlBindingsSource } from "./sql-bindings-source.ts";

const JO = aUser("jo", { email: "jo@example.org", roles: ["view"] });
const on = (name: string): RoleBinding => ({ role: "edit", resource: "servers", name });

async function seed(db: Kysely<Schema>): Promise<string> {
  await seedUsers(db, JO, aUser("al"));
  await seedGroup(db, "dev", ["usr_jo", "usr_al"]);
  await seedGroup(db, "ops", ["usr_al"]);
  await seedDefinition(db, "by-email", [{ kind: "User", name: "jo@example.org" }], [on("a")]);
  await seedDefinition(
    db,
    "by-both",
    [
      { kind: "User", name: "jo" },
      { kind: "User", name: "jo@example.org" },
    ],
    [on("b"), { action: "logs" }],
  );
  await seedDefinition(
    db,
    "by-group",
    [
      { kind: "Group", name: "dev" },
      { kind: "User", name: "al" },
    ],
    [on("c")],
  );
  await seedDefinition(
    db,
    "of-others",
    [
      { kind: "Group", name: "ops" },
      { kind: "Group", name: "jo" },
    ],
    [on("d")],
  );
  await seedProject(db, "demo", "usr_al");
  const { sha } = await seedToken(db, { name: "ci", project: "demo", ownerId: "usr_jo", roleBindings: [on("e")] });
  return sha;
}

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: a user has what their roles, their name, their email and their groups give, each once and with its source`, () =>
    withDatabase(async (db) => {
      await seed(db);
      expect(await sqlBindingsSource(db).ofUser(JO)).toEqual([
        { binding: { role: "view", resource: "*" }, source: "role:view" },
        { binding: on("b"), source: "by-both" },
        { binding: { action: "logs" }, source: "by-both" },
        { binding: on("a"), source: "by-email" },
        { binding: on("c"), source: "by-group (group dev)" },
      ]);
      const nobody = aUser("nobody", { email: "x@example.org" });
      expect(await sqlBindingsSource(db).ofUser(nobody)).toEqual([]);
    }));

  test(`${engine}: an administrator has every right there is`, () =>
    withDatabase(async (db) => {
      const granted = await sqlBindingsSource(db).ofUser(aUser("root", { roles: ["admin"] }));
      expect(granted.every(({ source }) => source === "role:admin")).toBe(true);
      expect(granted.map(({ binding }) => binding)).toContainEqual({ action: "*" });
    }));

  test(`${engine}: groups have what names them and exists, and a token what names its hash`, () =>
    withDatabase(async (db) => {
      const sha = await seed(db);
      const source = sqlBindingsSource(db);
      expect(await source.ofGroups(["dev", "jo", "none"])).toEqual([{ binding: on("c"), source: "by-group (group dev)" }]);
      expect(await source.ofGroups([])).toEqual([]);
      expect(await source.ofToken(sha)).toEqual([{ binding: on("e"), source: "mcptoken-tok_democi" }]);
      expect(await source.ofToken("ab".repeat(32))).toEqual([]);
    }));
});
