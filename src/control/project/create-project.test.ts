import { expect, test } from "bun:test";
import type { Kysely } from "kysely";
import type { RoleBinding } from "../../core/permission.ts";
import { onEveryEngine } from "../../store/databases.fixture.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { systemActor } from "../access/system-actor.ts";
import { createServer } from "../server/create-server.ts";
import { adminNamed, type Nouns, nounsWithUsers, userWith } from "../snapshot/nouns.fixture.ts";
import { createProject } from "./create-project.ts";

const CREATE: RoleBinding = { role: "create", resource: "projects" };

async function withNouns(run: (nouns: Nouns) => Promise<void>): Promise<void> {
  const db: Kysely<Schema> = await openMemoryDatabase();
  try {
    const nouns = await nounsWithUsers(db);
    for (const handle of ["files", "search"]) {
      await createServer(nouns, systemActor(), { handle, backing: { kind: "builtin", name: "content" } });
    }
    nouns.changes.length = 0;
    await run(nouns);
  } finally {
    await db.destroy();
  }
}

test("a project belongs to the user who creates it, and the event says who, what and where from", () =>
  withNouns(async (nouns) => {
    const ada = userWith("ada", CREATE, { role: "view", resource: "servers" });
    const project = await createProject(nouns, ada, { name: "demo", description: "ours", servers: ["search", "files"] });
    expect(project).toMatchObject({ name: "demo", description: "ours", owner: "ada", servers: ["search", "files"], version: 1 });
    expect(project.id).toMatch(/^prj_[0-9A-Za-z]{22}$/);
    expect(nouns.changes.map(({ event }) => event)).toEqual([
      {
        kind: "rpc",
        outcome: "ok",
        at: "2026-01-02T03:04:05.678Z",
        actorKind: "user",
        actorId: "usr_ada",
        actorName: "ada",
        user: "ada",
        traceId: "trace-1",
        address: "192.0.2.7",
        action: "project.create",
        resource: "projects",
        resourceName: "demo",
        project: "demo",
        detail: { servers: ["search", "files"] },
      },
    ]);
  }));

test("a caller without the permission leaves no trace, and one with it for another name neither", () =>
  withNouns(async (nouns) => {
    for (const binding of [[], [{ ...CREATE, name: "other" }], [{ role: "edit", resource: "projects" }]] as RoleBinding[][]) {
      const creating = createProject(nouns, userWith("ada", ...binding), { name: "demo" });
      await expect(creating).rejects.toMatchObject({ code: "denied", reason: "PERMISSION_DENIED" });
    }
    expect(await createProject(nouns, userWith("ada", { ...CREATE, name: "demo" }), { name: "demo" })).toMatchObject({ name: "demo" });
    expect(nouns.recorded()).toEqual(["project.create projects/demo"]);
  }));

test("a server that the caller may not see is not put into a project, whether it exists or not", () =>
  withNouns(async (nouns) => {
    const ada = userWith("ada", CREATE, { role: "view", resource: "servers", name: "files" });
    for (const server of ["search", "nowhere"]) {
      const creating = createProject(nouns, ada, { name: "demo", servers: ["files", server] });
      await expect(creating).rejects.toMatchObject({ code: "denied", reason: "PERMISSION_DENIED" });
    }
    expect(nouns.changes).toEqual([]);
  }));

test("a name or a list of servers that could not be is refused", () =>
  withNouns(async (nouns) => {
    for (const name of ["", "Demo", "de mo", "x".repeat(64), "dеmo"]) {
      await expect(createProject(nouns, adminNamed("ada"), { name })).rejects.toMatchObject({ reason: "PROJECT_NAME_INVALID" });
    }
    const servers = Array.from({ length: 10_000 }, (_, index) => `s${index}`);
    for (const list of [servers, ["files", "files"]]) {
      const creating = createProject(nouns, adminNamed("ada"), { name: "demo", servers: list });
      await expect(creating).rejects.toMatchObject({ code: "invalid", reason: "PROJECT_SERVERS_INVALID" });
    }
    expect(nouns.changes).toEqual([]);
  }));

test("where no user stands behind the caller it takes one that is named", () =>
  withNouns(async (nouns) => {
    await expect(createProject(nouns, systemActor(), { name: "demo" })).rejects.toMatchObject({ reason: "PROJECT_OWNER_MISSING" });
    expect(await createProject(nouns, systemActor(), { name: "demo", ownerId: "usr_bob" })).toMatchObject({ owner: "bob" });
    expect(await createProject(nouns, adminNamed("ada"), { name: "mine", ownerId: "usr_bob" })).toMatchObject({ owner: "ada" });
  }));

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: of two who create a project of one name at once one wins, and the other is told`, () =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      const racing = ["ada", "bob", "ada", "bob"].map((name) => createProject(nouns, adminNamed(name), { name: "demo" }));
      const outcomes = await Promise.allSettled(racing);
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "conflict", reason: "PROJECT_NAME_TAKEN" });
      }
      expect(nouns.recorded()).toEqual(["project.create projects/demo"]);
    }));
});
