import { expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteFile } from "../../../store/sqlite/sqlite-file.ts";
import { registryContract, type WithRegistry } from "../registry.contract.ts";
import { componentFixture, serviceFixture } from "../registry.fixture.ts";
import { REGISTRY_MIGRATIONS } from "./registry-migrations.ts";
import { openSqliteRegistry } from "./sqlite-registry.ts";

const at = new Date("2026-03-04T05:06:07.008Z");

async function inFolder(run: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-registry-"));
  try {
    await run(join(folder, "registry.db"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const onDisk: WithRegistry = (run) =>
  inFolder(async (file) => {
    const registry = openSqliteRegistry(file);
    try {
      await run(registry);
    } finally {
      await registry.close();
    }
  });

registryContract("sqlite", onDisk);

test("the registry has its tables, and opening it again changes nothing", () =>
  inFolder(async (file) => {
    const first = openSqliteRegistry(file);
    await first.saveService(serviceFixture(), at);
    await first.close();
    expect([existsSync(`${file}-wal`), existsSync(`${file}-shm`)]).toEqual([false, false]);
    const again = openSqliteRegistry(file);
    expect(await again.components()).toHaveLength(1);
    await again.close();
    const db = openSqliteFile(file, REGISTRY_MIGRATIONS);
    const tables = db.all<{ name: string }>("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'");
    const names = ["services", "components", "component_ports", "component_volumes", "component_cmd", "events"];
    names.push("operations", "steps", "deployments", "leases", "agent");
    expect(tables.map(({ name }) => name).sort()).toEqual(names.sort());
    expect(db.first<object>("pragma user_version")).toEqual({ user_version: REGISTRY_MIGRATIONS.length });
    db.close();
  }));

test("ports, volumes and the command stand in tables of their own, as the spec says now", () =>
  inFolder(async (file) => {
    const registry = openSqliteRegistry(file);
    const ports = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" } as const];
    const before = componentFixture({ ports, volumes: [{ source: "a", target: "/a", readOnly: true }], cmd: ["one", "two"] });
    await registry.saveService(serviceFixture({ components: [before] }), at);
    await registry.updateSpec("web", componentFixture({ ports, cmd: ["three"] }));
    await registry.close();
    const db = openSqliteFile(file, REGISTRY_MIGRATIONS);
    expect(db.all("select host_port, container_port, protocol from component_ports")).toEqual([
      { host_port: 8080, container_port: 80, protocol: "tcp" },
    ]);
    expect(db.all("select * from component_volumes")).toEqual([]);
    expect(db.all("select argument from component_cmd")).toEqual([{ argument: "three" }]);
    db.run("delete from services");
    expect(db.all("select * from component_ports")).toEqual([]);
    db.close();
  }));

test("a registry of a newer version is refused and left as it is", () =>
  inFolder(async (file) => {
    openSqliteFile(file, [...REGISTRY_MIGRATIONS, "create table of_the_future (id integer primary key)"]).close();
    const before = readFileSync(file);
    expect(() => openSqliteRegistry(file)).toThrow(expect.objectContaining({ code: "precondition", reason: "SCHEMA_NEWER" }));
    expect(readFileSync(file)).toEqual(before);
  }));

test("a registry that is damaged is refused", () =>
  inFolder(async (file) => {
    writeFileSync(file, "no database".repeat(1000));
    expect(() => openSqliteRegistry(file)).toThrow(expect.objectContaining({ code: "internal", reason: "DATABASE_DAMAGED" }));
  }));

test("a second agent on the same registry is refused, and may have it when the first has closed it", () =>
  inFolder(async (file) => {
    const first = openSqliteRegistry(file);
    expect(() => openSqliteRegistry(file)).toThrow(expect.objectContaining({ code: "conflict", reason: "DATA_FOLDER_HELD" }));
    await first.close();
    await openSqliteRegistry(file).close();
  }));

test("a copy is whole, for its owner alone, and never written over a file that is there", () =>
  inFolder(async (file) => {
    const registry = openSqliteRegistry(file);
    await registry.saveService(serviceFixture(), at);
    const copy = `${file}.copy`;
    await registry.copyTo(copy);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(registry.copyTo(copy)).rejects.toMatchObject({ code: "EEXIST" });
    await registry.close();
    const copied = openSqliteRegistry(copy);
    expect(await copied.components()).toHaveLength(1);
    await copied.close();
  }));
