import { expect, test } from "bun:test";
import type { Backing } from "../../api/server-definition.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { systemActor } from "../access/system-actor.ts";
import { createProject } from "../project/create-project.ts";
import { createSecret } from "../secret/create-secret.ts";
import { adminNamed, type Nouns, nounsWithUsers, userWith } from "../snapshot/nouns.fixture.ts";
import { createServer } from "./create-server.ts";
import { deleteServer } from "./delete-server.ts";
import { updateServer } from "./update-server.ts";

const CREATE = { role: "create", resource: "servers" } as const;
const EDIT = { role: "edit", resource: "servers" } as const;
const CONTENT: Backing = { kind: "builtin", name: "content" };
const STDIO: Backing = { kind: "stdio", command: "node", args: ["--token=hush"], env: { TOKEN: "hush" } };
const DENIED = { code: "denied", reason: "PERMISSION_DENIED" };

async function withNouns(run: (nouns: Nouns) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  try {
    const nouns = await nounsWithUsers(db);
    for (const name of ["one", "two"]) await createProject(nouns, adminNamed("ada"), { name });
    nouns.changes.length = 0;
    await run(nouns);
  } finally {
    await db.destroy();
  }
}

test("a new server is enabled, has no limit, offers no tools that write, and can be found", () =>
  withNouns(async (nouns) => {
    const server = await createServer(nouns, userWith("ada", CREATE), { handle: "content", backing: CONTENT });
    expect(server).toMatchObject({
      id: expect.stringMatching(/^srv_/),
      handle: "content",
      enabled: true,
      rateLimit: null,
      writeTools: false,
      policy: {},
      projects: [],
    });
    expect(await nouns.servers.byHandle("content")).toEqual(server);
    expect(nouns.changes[0]?.event).toMatchObject({
      action: "server.create",
      resource: "servers",
      resourceName: "content",
      server: "content",
    });
  }));

test("what is recorded of a server holds no argument and no value", () =>
  withNouns(async (nouns) => {
    await createServer(nouns, adminNamed("ada"), { handle: "files", backing: STDIO });
    const withQuery = { kind: "url", url: "https://example.org/mcp?key=hush", headers: { "X-Key": "hush" } } as const;
    await updateServer(nouns, adminNamed("ada"), "files", { backing: withQuery });
    expect(JSON.stringify(nouns.changes)).not.toContain("hush");
    expect(nouns.changes[0]?.event.detail).toMatchObject({ backing: { kind: "stdio", command: "node", args: 1, variables: ["TOKEN"] } });
    expect(nouns.changes[1]?.event.detail).toEqual({
      changed: { backing: { kind: "url", url: "https://example.org/mcp", headers: ["X-Key"] } },
    });
  }));

test("a handle that could not stand in a tool's name is refused", () =>
  withNouns(async (nouns) => {
    for (const handle of ["", "Content", "with_underscore", "1st", "a b", "x".repeat(33), "../up", "fіles"]) {
      const creating = createServer(nouns, adminNamed("ada"), { handle, backing: CONTENT });
      await expect(creating).rejects.toMatchObject({ code: "invalid", reason: "SERVER_HANDLE_INVALID" });
    }
    expect(nouns.changes).toEqual([]);
  }));

test("a caller without the permission leaves no trace", () =>
  withNouns(async (nouns) => {
    const actors = [userWith("bob"), userWith("bob", EDIT), userWith("bob", { ...CREATE, name: "other" })];
    for (const actor of actors) await expect(createServer(nouns, actor, { handle: "s", backing: CONTENT })).rejects.toMatchObject(DENIED);
    const stdio = createServer(nouns, userWith("bob", CREATE), { handle: "s", backing: STDIO });
    await expect(stdio).rejects.toMatchObject({ code: "denied", reason: "STDIO_NEEDS_ADMIN" });
    expect(nouns.changes).toEqual([]);
  }));

test("a server goes into projects in the step that creates it, if the caller may edit each", () =>
  withNouns(async (nouns) => {
    const bob = userWith("bob", CREATE, { role: "edit", resource: "projects", name: "one" });
    const both = createServer(nouns, bob, { handle: "s", backing: CONTENT, projects: ["one", "two"] });
    await expect(both).rejects.toMatchObject(DENIED);
    expect(await createServer(nouns, bob, { handle: "s", backing: CONTENT, projects: ["one", "one"] })).toMatchObject({
      projects: ["one"],
    });
    expect(await nouns.projects.byName("one")).toMatchObject({ servers: ["s"], version: 2 });
    const unknown = createServer(nouns, adminNamed("ada"), { handle: "t", backing: CONTENT, projects: ["none"] });
    await expect(unknown).rejects.toMatchObject({ code: "not_found", reason: "PROJECT_UNKNOWN" });
    expect(nouns.recorded()).toEqual(["server.create servers/s"]);
  }));

test("a project has room for 200 servers", () =>
  withNouns(async (nouns) => {
    for (let index = 0; index < 200; index += 1) {
      await createServer(nouns, systemActor(), { handle: `s${index}`, backing: CONTENT, projects: ["one"] });
    }
    const last = createServer(nouns, systemActor(), { handle: "last", backing: CONTENT, projects: ["one"] });
    await expect(last).rejects.toMatchObject({ code: "invalid", reason: "PROJECT_SERVERS_INVALID" });
    expect(await nouns.servers.byHandle("last")).toBeUndefined();
  }));

test("a secret that a server names is there and the caller may see it; whether it is there is not told to others", () =>
  withNouns(async (nouns) => {
    await createSecret(nouns, adminNamed("ada"), { name: "key", value: "hush" });
    const naming = (secret: string): Backing => ({ kind: "url", url: "https://example.org/", secretHeaders: { Authorization: secret } });
    const bob = userWith("bob", CREATE, { role: "view", resource: "secrets", name: "key" });
    for (const secret of ["other", "none"]) {
      await expect(createServer(nouns, bob, { handle: "s", backing: naming(secret) })).rejects.toMatchObject(DENIED);
    }
    const missing = createServer(nouns, adminNamed("ada"), { handle: "s", backing: naming("none") });
    await expect(missing).rejects.toMatchObject({ code: "not_found", reason: "SECRET_UNKNOWN" });
    await createServer(nouns, bob, { handle: "s", backing: naming("key") });
    expect(await nouns.secrets.byName("key")).toMatchObject({ usedBy: ["s"] });
  }));

test("a changed backing is judged like a new one, an unchanged one not again", () =>
  withNouns(async (nouns) => {
    await createSecret(nouns, adminNamed("ada"), { name: "key", value: "hush" });
    const secret: Backing = { kind: "url", url: "https://example.org/", secretHeaders: { Authorization: "key" } };
    for (const [handle, backing] of [
      ["files", STDIO],
      ["api", secret],
    ] as const)
      await createServer(nouns, adminNamed("ada"), { handle, backing });
    const bob = userWith("bob", EDIT);
    const args = updateServer(nouns, bob, "files", { backing: { ...STDIO, args: ["-e", "0"] } });
    await expect(args).rejects.toMatchObject({ code: "denied", reason: "STDIO_NEEDS_ADMIN" });
    const elsewhere = updateServer(nouns, bob, "api", { backing: { ...secret, url: "https://elsewhere.example/" } });
    await expect(elsewhere).rejects.toMatchObject(DENIED);
    const reordered: Backing = { env: { TOKEN: "hush" }, args: ["--token=hush"], command: "node", kind: "stdio" };
    const same = await updateServer(nouns, bob, "files", { backing: reordered, enabled: false, rateLimit: 60 });
    expect(same).toMatchObject({ backing: STDIO, enabled: false, rateLimit: 60, version: 2 });
    expect(await updateServer(nouns, bob, "api", { backing: CONTENT })).toMatchObject({ backing: CONTENT });
    expect(nouns.recorded().slice(3)).toEqual(["server.update servers/files", "server.update servers/api"]);
  }));

test("a patch that changes nothing leaves no trace, and one of an older version changes nothing", () =>
  withNouns(async (nouns) => {
    const server = await createServer(nouns, adminNamed("ada"), { handle: "files", backing: STDIO });
    const same = { backing: STDIO, description: "", enabled: true, rateLimit: null, writeTools: false, policy: {} };
    for (const patch of [{}, same]) expect(await updateServer(nouns, adminNamed("ada"), server.id, patch, 1)).toEqual(server);
    const stale = updateServer(nouns, adminNamed("ada"), "files", { enabled: false }, 2);
    await expect(stale).rejects.toMatchObject({ code: "precondition", reason: "VERSION_STALE" });
    await expect(deleteServer(nouns, adminNamed("ada"), "files", 2)).rejects.toMatchObject({ reason: "VERSION_STALE" });
    expect(nouns.changes).toHaveLength(1);
  }));

test("a policy is replaced as a whole, recorded, and refused where it is none", () =>
  withNouns(async (nouns) => {
    const ada = adminNamed("ada");
    await createServer(nouns, ada, { handle: "s", backing: CONTENT, policy: { denyTools: ["a*"], concurrency: 2 } });
    expect(nouns.changes[0]?.event.detail).toMatchObject({ policy: { denyTools: ["a*"], concurrency: 2 } });
    expect(await updateServer(nouns, ada, "s", { enabled: false })).toMatchObject({ policy: { denyTools: ["a*"], concurrency: 2 } });
    expect(await updateServer(nouns, ada, "s", { policy: { stream: { enabled: false } } })).toMatchObject({
      policy: { stream: { enabled: false } },
      version: 3,
    });
    expect(nouns.changes.at(-1)?.event.detail).toEqual({ changed: { policy: { stream: { enabled: false } } } });
    const wide = { tools: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`t${at}`, { description: "é".repeat(2000) }])) };
    for (const [policy, message] of [
      [{ concurrency: 0 }, "policy.concurrency: "],
      [wide, "policy: has 80"],
    ] as const) {
      const refused = updateServer(nouns, ada, "s", { policy });
      await expect(refused).rejects.toMatchObject({
        code: "invalid",
        reason: "SERVER_POLICY_INVALID",
        message: expect.stringContaining(message),
      });
    }
    await expect(updateServer(nouns, userWith("bob", { role: "view", resource: "servers" }), "s", { policy: {} })).rejects.toMatchObject(
      DENIED,
    );
  }));

test("a server is deleted by those who may, and its projects lose it", () =>
  withNouns(async (nouns) => {
    await createServer(nouns, adminNamed("ada"), { handle: "s", backing: CONTENT, projects: ["one"] });
    await expect(deleteServer(nouns, userWith("bob", EDIT), "s")).rejects.toMatchObject(DENIED);
    await deleteServer(nouns, userWith("bob", { role: "delete", resource: "servers" }), "s");
    expect(await nouns.projects.byName("one")).toMatchObject({ servers: [], version: 3 });
    expect(nouns.changes.at(-1)?.event).toMatchObject({ action: "server.delete", detail: { projects: ["one"] } });
    await expect(deleteServer(nouns, adminNamed("ada"), "s")).rejects.toMatchObject({ code: "not_found", reason: "SERVER_UNKNOWN" });
  }));
