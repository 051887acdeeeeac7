import { expect, test } from "bun:test";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { systemActor } from "../access/system-actor.ts";
import { createServer } from "../server/create-server.ts";
import { adminNamed, type Nouns, nounsWithUsers, userWith } from "../snapshot/nouns.fixture.ts";
import { attachServer, detachServer } from "./attach-server.ts";
import { createProject } from "./create-project.ts";
import { deleteProject } from "./delete-project.ts";
import type { ProjectDetails } from "./project.ts";
import { updateProject } from "./update-project.ts";

const EDIT = { role: "edit", resource: "projects" } as const;
const VIEW_ALL = { role: "view", resource: "servers" } as const;
const VIEW_FILES = { ...VIEW_ALL, name: "files" } as const;
const DENIED = { code: "denied", reason: "PERMISSION_DENIED" };

/** The servers `files` and `search`, and ada's project `demo` with `files`. */
async function withProject(run: (nouns: Nouns, project: ProjectDetails) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  try {
    const nouns = await nounsWithUsers(db);
    for (const handle of ["files", "search"]) {
      await createServer(nouns, systemActor(), { handle, backing: { kind: "builtin", name: "content" } });
    }
    const project = await createProject(nouns, adminNamed("ada"), { name: "demo", servers: ["files"] });
    nouns.changes.length = 0;
    nouns.time.now = new Date("2026-05-05T00:00:00Z");
    await run(nouns, project);
  } finally {
    await db.destroy();
  }
}

test("a patch changes what it names, by name or id, and raises the version", () =>
  withProject(async (nouns, project) => {
    const bob = userWith("bob", EDIT);
    const changed = await updateProject(nouns, bob, "demo", { description: "new" });
    expect(changed).toEqual({ ...project, description: "new", version: 2, updatedAt: nouns.time.now });
    expect(await updateProject(nouns, bob, project.id, { description: "newer" })).toMatchObject({ description: "newer", version: 3 });
    expect(nouns.changes[0]?.event).toMatchObject({
      action: "project.update",
      project: "demo",
      detail: { changed: { description: "new" } },
    });
  }));

test("a patch that changes nothing leaves the version and no trace", () =>
  withProject(async (nouns, project) => {
    const same = { description: "", servers: ["files"], owner: "ada" };
    for (const patch of [{}, same]) expect(await updateProject(nouns, userWith("bob", EDIT), "demo", patch)).toEqual(project);
    expect(nouns.changes).toEqual([]);
  }));

test("who has seen an older version changes nothing, and of two who have seen the same one only the first does", () =>
  withProject(async (nouns) => {
    const stale = { code: "precondition", reason: "VERSION_STALE" };
    await expect(updateProject(nouns, adminNamed("ada"), "demo", { description: "x" }, 7)).rejects.toMatchObject(stale);
    await expect(deleteProject(nouns, adminNamed("ada"), "demo", 7)).rejects.toMatchObject(stale);
    const racing = ["x", "y"].map((description) => updateProject(nouns, adminNamed("ada"), "demo", { description }, 1));
    const outcomes = await Promise.allSettled(racing);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find((outcome) => outcome.status === "rejected")?.reason).toMatchObject(stale);
    expect(nouns.recorded()).toEqual(["project.update projects/demo"]);
  }));

test("without edit on it a project cannot be changed, and whether it exists is not told", () =>
  withProject(async (nouns, project) => {
    const bob = userWith("bob", { role: "view", resource: "projects" }, { ...EDIT, name: "other" }, VIEW_ALL);
    for (const reference of ["demo", "nowhere", project.id]) {
      await expect(updateProject(nouns, bob, reference, { description: "x" })).rejects.toMatchObject(DENIED);
    }
    const unknown = { code: "not_found", reason: "PROJECT_UNKNOWN" };
    for (const reference of ["prj_none", "Demo", "demo ", "../demo", "", "tok_1", "d\0mo", "x".repeat(5000)]) {
      await expect(updateProject(nouns, bob, reference, {})).rejects.toMatchObject(unknown);
      await expect(updateProject(nouns, adminNamed("ada"), reference, {})).rejects.toMatchObject(unknown);
    }
    expect(nouns.changes).toEqual([]);
  }));

test("servers come into a project and leave it only by those who may see them", () =>
  withProject(async (nouns) => {
    const bob = userWith("bob", EDIT, { ...VIEW_ALL, name: "search" });
    await expect(updateProject(nouns, bob, "demo", { servers: [] })).rejects.toMatchObject(DENIED);
    await expect(detachServer(nouns, bob, { project: "demo", server: "files" })).rejects.toMatchObject(DENIED);
    expect(await updateProject(nouns, bob, "demo", { servers: ["search", "files"] })).toMatchObject({ servers: ["search", "files"] });
    const carl = userWith("carl", EDIT, VIEW_FILES);
    await expect(attachServer(nouns, carl, { project: "demo", server: "search" })).rejects.toMatchObject(DENIED);
    await expect(updateProject(nouns, userWith("carl", VIEW_FILES), "demo", { servers: [] })).rejects.toMatchObject(DENIED);
    expect(nouns.recorded()).toEqual(["project.update projects/demo"]);
  }));

test("a server that is attached comes last; attached twice, nothing changes and nothing is recorded", () =>
  withProject(async (nouns, project) => {
    const bob = userWith("bob", EDIT, VIEW_ALL);
    const attached = await attachServer(nouns, bob, { project: "demo", server: "search" });
    expect(attached).toEqual({ ...project, servers: ["files", "search"], version: 2, updatedAt: nouns.time.now });
    const { id } = (await nouns.servers.byHandle("search")) ?? { id: "" };
    for (const server of ["search", id]) expect(await attachServer(nouns, bob, { project: "demo", server })).toEqual(attached);
    expect(nouns.recorded()).toEqual(["project.attach projects/demo"]);
    expect(nouns.changes[0]).toMatchObject({ event: { server: "search" }, touched: [{ kind: "projects", ref: project.id }] });
    await expect(attachServer(nouns, bob, { project: "demo", server: "none" })).rejects.toMatchObject({ reason: "SERVER_UNKNOWN" });
  }));

test("a server that is detached is gone from the project alone; detached twice, nothing changes", () =>
  withProject(async (nouns) => {
    const bob = userWith("bob", EDIT, VIEW_ALL);
    for (let times = 0; times < 2; times += 1) {
      expect(await detachServer(nouns, bob, { project: "demo", server: "files" })).toMatchObject({ servers: [], version: 2 });
    }
    expect(nouns.recorded()).toEqual(["project.detach projects/demo"]);
    expect(await nouns.servers.byHandle("files")).toMatchObject({ projects: [] });
  }));

test("the owner, or an administrator, hands a project over to a user there is; others who may edit it do not", () =>
  withProject(async (nouns) => {
    const handover = (actor: Parameters<typeof updateProject>[1], owner: string) => updateProject(nouns, actor, "demo", { owner });
    await expect(handover(userWith("bob", EDIT), "bob")).rejects.toMatchObject({ code: "denied", reason: "PROJECT_OWNER_FIXED" });
    await expect(handover(userWith("ada", EDIT), "none")).rejects.toMatchObject({ code: "not_found", reason: "USER_UNKNOWN" });
    await expect(handover(userWith("ada"), "bob")).rejects.toMatchObject(DENIED);
    expect(await handover(userWith("ada", EDIT), "bob")).toMatchObject({ owner: "bob", ownerId: "usr_bob", version: 2 });
    await expect(handover(userWith("ada", EDIT), "ada")).rejects.toMatchObject({ reason: "PROJECT_OWNER_FIXED" });
    expect(await handover(adminNamed("carl"), "ada")).toMatchObject({ owner: "ada", version: 3 });
  }));

test("a project is deleted by those who may, once", () =>
  withProject(async (nouns, project) => {
    await expect(deleteProject(nouns, userWith("ada", EDIT), "demo")).rejects.toMatchObject(DENIED);
    const bob = userWith("bob", { role: "delete", resource: "projects", name: "demo" });
    await deleteProject(nouns, bob, project.id, 1);
    await expect(deleteProject(nouns, bob, "demo")).rejects.toMatchObject({ code: "not_found", reason: "PROJECT_UNKNOWN" });
    expect(nouns.recorded()).toEqual(["project.delete projects/demo"]);
    expect((await nouns.servers.all()).map(({ handle }) => handle)).toEqual(["files", "search"]);
  }));
