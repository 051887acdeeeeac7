import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../../core/app-error.ts";
import { checkSqliteFile } from "../../store/sqlite/check-sqlite-file.ts";
import { copySqliteFile } from "../../store/sqlite/copy-sqlite-file.ts";
import { lockFolder } from "../../store/sqlite/folder-lock.ts";
import { serviceFixture } from "../registry/registry.fixture.ts";
import { openSqliteRegistry } from "../registry/sqlite/sqlite-registry.ts";
import { listSnapshots, type RestoreDeps, restoreSnapshot } from "./restore-snapshot.ts";
import { takeSnapshot } from "./take-snapshot.ts";

const NOW = new Date("2026-11-29T02:03:04.567Z");
let folder = "";
let registryFile = "";
let backups = "";
let now = NOW;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-snapshot-"));
  registryFile = join(folder, "agent.db");
  backups = join(folder, "backups");
  now = NOW;
  write("kept", 2000);
});

afterEach(() => rmSync(folder, { recursive: true }));

function open(file = registryFile): Database {
  const database = new Database(file, { create: true });
  database.run("PRAGMA journal_mode = WAL");
  return database;
}

function write(text: string, rows = 1): void {
  const database = open();
  database.run("CREATE TABLE IF NOT EXISTS note (text TEXT)");
  database.transaction(() => {
    for (let row = 0; row < rows; row += 1) database.run("INSERT INTO note VALUES (?)", [text]);
  })();
  database.close();
}

function notes(file: string): readonly string[] {
  const database = new Database(file, { readonly: true });
  try {
    return database
      .query<{ text: string }, []>("SELECT DISTINCT text FROM note ORDER BY text")
      .all()
      .map((row) => row.text);
  } finally {
    database.close();
  }
}

const clock = { now: () => now };
const take = (more: Partial<Parameters<typeof takeSnapshot>[0]> = {}) =>
  takeSnapshot({ copyTo: (to) => copySqliteFile(registryFile, to), check: checkSqliteFile, folder: backups, keep: 3, clock, ...more });
const restore = (snapshot: string, more: Partial<RestoreDeps> = {}) =>
  restoreSnapshot(
    {
      lock: () => lockFolder(`${registryFile}.lock`),
      check: checkSqliteFile,
      tryOut: async (file) => void notes(file),
      registryFile,
      clock,
      ...more,
    },
    snapshot,
  );

function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4096, 8192);
  writeFileSync(file, bytes);
}

test("a snapshot is a sound database with its moment in its name, for its owner alone, and the registry is as it was", async () => {
  const before = readFileSync(registryFile);
  const { path, size } = await take();
  expect(path).toBe(join(backups, "mcp-agent-2026-11-29T02-03-04.567Z.db"));
  expect(notes(path)).toEqual(["kept"]);
  expect(checkSqliteFile(path)).toBeUndefined();
  expect([statSync(path).size, statSync(path).mode & 0o777, statSync(backups).mode & 0o777]).toEqual([size, 0o600, 0o700]);
  expect(readdirSync(backups)).toHaveLength(1);
  expect(readFileSync(registryFile)).toEqual(before);
});

test("what another connection has written and not yet moved into the file is in the snapshot", async () => {
  const writer = open();
  writer.run("INSERT INTO note VALUES ('late')");
  expect(notes((await take()).path)).toEqual(["kept", "late"]);
  writer.close();
});

test("as many snapshots are kept as were asked for, the newest", async () => {
  for (let hour = 0; hour < 5; hour += 1) {
    now = new Date(NOW.getTime() + hour * 3_600_000);
    await take();
  }
  expect((await listSnapshots(backups)).map(({ takenAt }) => takenAt.getUTCHours())).toEqual([6, 5, 4]);
});

test("a copy that is damaged is no snapshot, and the older ones stay", async () => {
  const older = (await take({ keep: 1 })).path;
  now = new Date(NOW.getTime() + 1000);
  const copyTo = (to: string) => {
    copyFileSync(registryFile, to);
    damage(to);
  };
  await expect(take({ keep: 1, copyTo })).rejects.toMatchObject({ code: "internal", reason: "SNAPSHOT_DAMAGED" });
  const copyNothing = (to: string) => writeFileSync(to, "");
  await expect(take({ keep: 1, copyTo: copyNothing })).rejects.toMatchObject({ reason: "SNAPSHOT_DAMAGED" });
  expect(readdirSync(backups).map((name) => join(backups, name))).toEqual([older]);
});

test("a full disk is said so, and nothing is left", async () => {
  const copyTo = () => {
    throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  };
  await expect(take({ copyTo })).rejects.toMatchObject({ code: "exhausted", reason: "DISK_FULL" });
  expect(readdirSync(backups)).toEqual([]);
});

test("a snapshot is restored, and the registry that was there is kept beside it with what was not yet moved into it", async () => {
  const { path } = await take();
  const killed = open();
  killed.run("INSERT INTO note VALUES ('newer')");
  // As a process that was killed leaves it: with a -wal, and open by nobody.
  for (const part of ["", "-wal"]) copyFileSync(`${registryFile}${part}`, `${folder}/copy${part}`);
  killed.close();
  for (const part of ["", "-wal"]) copyFileSync(`${folder}/copy${part}`, `${registryFile}${part}`);

  const { aside } = await restore(path);
  expect(notes(registryFile)).toEqual(["kept"]);
  expect(aside).toBe(`${registryFile}.before-restore-2026-11-29T02-03-04.567Z`);
  expect(notes(aside as string)).toEqual(["kept", "newer"]);
  expect(statSync(registryFile).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).filter((name) => /restoring|agent\.db-/.test(name))).toEqual([]);
});

test("a registry that is damaged or gone is restored too", async () => {
  const { path } = await take();
  damage(registryFile);
  await restore(path);
  expect(notes(registryFile)).toEqual(["kept"]);
  rmSync(registryFile);
  expect(await restore(path)).toEqual({ aside: undefined });
  expect(notes(registryFile)).toEqual(["kept"]);
});

test("nothing is restored under an agent that runs", async () => {
  const { path } = await take();
  write("newer");
  const agent = lockFolder(`${registryFile}.lock`);
  await expect(restore(path)).rejects.toMatchObject({ code: "conflict", reason: "DATA_FOLDER_HELD", hint: "stop the agent first" });
  agent.release();
  expect(notes(registryFile)).toEqual(["kept", "newer"]);
});

test("a snapshot that is missing, damaged, empty or of a newer version is refused, and the registry stays", async () => {
  const { path } = await take();
  write("newer");
  // To read it here makes some.
  const left = () => readdirSync(folder).filter((name) => !/(\.lock|\.db-wal|\.db-shm)$/.test(name));
  const before = left();
  await expect(restore(join(backups, "none.db"))).rejects.toMatchObject({ code: "not_found", reason: "SNAPSHOT_MISSING" });
  const newer = async () => {
    throw new AppError("precondition", "SCHEMA_NEWER", "it was written by a newer version");
  };
  await expect(restore(path, { tryOut: newer })).rejects.toMatchObject({
    code: "invalid",
    reason: "SNAPSHOT_UNUSABLE",
    message: expect.stringContaining("newer version"),
  });
  damage(path);
  await expect(restore(path)).rejects.toMatchObject({ reason: "SNAPSHOT_UNUSABLE" });
  writeFileSync(path, "");
  await expect(restore(path)).rejects.toMatchObject({ reason: "SNAPSHOT_UNUSABLE", message: expect.stringContaining("it is empty") });
  writeFileSync(path, "no database ".repeat(1000));
  await expect(restore(path)).rejects.toMatchObject({ reason: "SNAPSHOT_UNUSABLE" });
  expect(notes(registryFile)).toEqual(["kept", "newer"]);
  expect(left()).toEqual(before);
});

test("a registry with its services comes back from a snapshot, and one of a newer version is refused", async () => {
  rmSync(registryFile);
  const registry = openSqliteRegistry(registryFile);
  await registry.saveService(serviceFixture(), NOW);
  const { path } = await take({ copyTo: (to) => registry.copyTo(to) });
  await registry.deleteService("web");
  const tryOut = (file: string) => openSqliteRegistry(file).close();
  await expect(restore(path, { tryOut })).rejects.toMatchObject({ reason: "DATA_FOLDER_HELD" });
  await registry.close();
  await restore(path, { tryOut });
  const again = openSqliteRegistry(registryFile);
  expect((await again.components()).map(({ service, name }) => `${service}/${name}`)).toEqual(["web/api"]);
  await again.close();

  const newer = new Database(path);
  newer.run("PRAGMA user_version = 1000");
  newer.close();
  await expect(restore(path, { tryOut })).rejects.toMatchObject({
    reason: "SNAPSHOT_UNUSABLE",
    message: expect.stringContaining("newer version"),
  });
});

test("without a folder there are no snapshots to choose from", async () => {
  expect(await listSnapshots(join(folder, "none"))).toEqual([]);
  mkdirSync(backups);
  expect(await listSnapshots(backups)).toEqual([]);
  expect(existsSync(registryFile)).toBe(true);
});
