import { expect, test } from "bun:test";
import type { Backing } from "../../api/server-definition.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { createServer } from "./create-server.ts";
import { sqlServerStore } from "./sql-server-store.ts";

async function withDeps(run: (deps: Parameters<typeof createServer>[0]) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  const clock = { now: () => new Date("2026-01-01T00:00:00Z") };
  await run({ servers: sqlServerStore(db), clock, ids: { next: (prefix) => `${prefix}_${crypto.randomUUID()}` } });
  await db.destroy();
}

test("a new server is enabled and can be found", () =>
  withDeps(async (deps) => {
    const server = await createServer(deps, { handle: "content", backing: { kind: "builtin", name: "content" } });
    expect(server).toMatchObject({ id: expect.stringMatching(/^srv_/), handle: "content", enabled: true });
    expect(await deps.servers.byHandle("content")).toEqual(server);
  }));

test("a handle or a backing that could not work leaves no trace", () =>
  withDeps(async (deps) => {
    const builtin: Backing = { kind: "builtin", name: "content" };
    for (const handle of ["", "Content", "with_underscore", "1st", "a b", "x".repeat(33), "../up"]) {
      await expect(createServer(deps, { handle, backing: builtin })).rejects.toMatchObject({ reason: "SERVER_HANDLE_INVALID" });
    }
    const backings: unknown[] = [
      undefined,
      { kind: "other" },
      { kind: "stdio", command: "", args: [], env: {} },
      { kind: "stdio", command: "node", args: "a", env: {} },
      { kind: "url", url: "file:///etc/passwd" },
      { kind: "url", url: "nonsense" },
      { ...builtin, more: 1 },
    ];
    for (const backing of backings) {
      const creating = createServer(deps, { handle: "content", backing: backing as Backing });
      await expect(creating).rejects.toMatchObject({ code: "invalid", reason: "SERVER_BACKING_INVALID" });
    }
    expect(await deps.servers.all()).toEqual([]);
  }));
