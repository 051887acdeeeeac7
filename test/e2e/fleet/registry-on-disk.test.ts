/** What an agent knows, on a disk that is full, has no file left, may not be written, or whose writer is killed. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceFixture } from "../../../src/agent/registry/registry.fixture.ts";
import type { Registry } from "../../../src/agent/registry/registry.ts";
import { openSqliteRegistry } from "../../../src/agent/registry/sqlite/sqlite-registry.ts";
import { holdAgentFolder } from "../../../src/main/hold-agent-folder.ts";
import { checkSqliteFile } from "../../../src/store/sqlite/check-sqlite-file.ts";
import { requires } from "../../support/requires.ts";
import { mayMount, mountSmallDisk, NO_MOUNT, type SmallDisk } from "../../support/small-disk.ts";

let folder = "";
let disk: SmallDisk;
const at = new Date(0);
const file = () => join(folder, "disk", "agent.db");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpctl-disk-"));
  mkdirSync(join(folder, "disk"));
  if (mayMount) disk = mountSmallDisk(join(folder, "disk"), { bytes: 4 << 20, inodes: 20 });
});

afterEach(() => {
  if (mayMount) disk.unmount();
  rmSync(folder, { recursive: true });
});

/** Leaves so many bytes free. */
function fillUp(leaving: number): string {
  const other = join(folder, "disk", "other");
  const { bavail, bsize } = statfsSync(join(folder, "disk"));
  writeFileSync(other, new Uint8Array(bavail * bsize - leaving));
  return other;
}

const named = (index: number) => serviceFixture({ name: `web-${index}`, comment: "x".repeat(1000) });

/** Until one is refused: what with, and how many were taken before. */
async function writeUntilRefused(registry: Registry): Promise<{ readonly taken: number; readonly refused: unknown }> {
  for (let taken = 0; taken < 10_000; taken += 1) {
    try {
      await registry.saveService(named(taken), at);
    } catch (refused) {
      return { taken, refused };
    }
  }
  throw new Error("nothing was refused");
}

requires(mayMount, NO_MOUNT)(
  "a registry on a full disk says so, loses nothing that it has taken, and goes on when there is room",
  async () => {
    const registry = openSqliteRegistry(file());
    await registry.saveService(serviceFixture(), at);
    const other = fillUp(200_000);
    const { taken, refused } = await writeUntilRefused(registry);
    expect(refused).toMatchObject({ code: "exhausted", reason: "DISK_FULL", message: `There is no room left on the disk of ${file()}` });
    expect(taken).toBeGreaterThan(0);
    expect(await registry.services()).toHaveLength(taken + 1);
    rmSync(other);
    await registry.saveService(named(taken), at);
    await registry.close();
    expect(checkSqliteFile(file())).toBeUndefined();
    const next = openSqliteRegistry(file());
    expect(await next.services()).toHaveLength(taken + 2);
    await next.close();
  },
);

requires(mayMount, NO_MOUNT)("a disk without a file to spare stops no registry that is open", async () => {
  const registry = openSqliteRegistry(file());
  await registry.saveService(serviceFixture(), at);
  const others = join(folder, "disk", "others");
  mkdirSync(others);
  expect(() => {
    for (let made = 0; made < 100; made += 1) writeFileSync(join(others, String(made)), "");
  }).toThrow("ENOSPC");
  await registry.saveService(named(1), at);
  await expect(registry.copyTo(join(folder, "disk", "copy.db"))).rejects.toThrow("ENOSPC");
  expect(readdirSync(join(folder, "disk"))).not.toContain("copy.db");
  await registry.close();
  expect(checkSqliteFile(file())).toBeUndefined();
});

requires(mayMount, NO_MOUNT)("a registry on a disk that may not be written is refused and left as it is", async () => {
  const registry = openSqliteRegistry(file());
  await registry.saveService(serviceFixture(), at);
  await registry.close();
  const holder = { pid: process.pid, startedAt: at.toISOString() };
  holdAgentFolder(join(folder, "disk"), holder).release();
  disk.setReadOnly(true);
  expect(() => openSqliteRegistry(file())).toThrow(expect.objectContaining({ code: "unavailable", reason: "DATABASE_UNWRITABLE" }));
  expect(() => holdAgentFolder(join(folder, "disk"), holder)).toThrow(
    expect.objectContaining({ code: "precondition", reason: "DATA_FOLDER_UNUSABLE" }),
  );
  disk.setReadOnly(false);
  expect(checkSqliteFile(file())).toBeUndefined();
  const again = openSqliteRegistry(file());
  expect(await again.services()).toHaveLength(1);
  await again.close();
});

const WRITER = `
const { openSqliteRegistry } = await import(process.env.REGISTRY_MODULE);
const { serviceFixture } = await import(process.env.FIXTURE_MODULE);
const registry = openSqliteRegistry(process.env.REGISTRY_FILE);
for (let index = 0; ; index += 1) {
  const name = "web-" + process.env.ROUND + "-" + index;
  await registry.saveService(serviceFixture({ name }), new Date(0));
  // Only what is durable is told.
  require("node:fs").writeSync(1, name + String.fromCharCode(10));
}`;

test("a process that is killed while it writes has lost nothing of what it has told, twenty times over", async () => {
  const told: string[] = [];
  const path = join(folder, "agent.db");
  for (let round = 0; round < 20; round += 1) {
    const agent = join(import.meta.dirname, "../../../src/agent/registry");
    const env = {
      PATH: process.env.PATH ?? "",
      ROUND: String(round),
      REGISTRY_FILE: path,
      REGISTRY_MODULE: join(agent, "sqlite/sqlite-registry.ts"),
      FIXTURE_MODULE: join(agent, "registry.fixture.ts"),
    };
    const child = Bun.spawn([process.execPath, "-e", WRITER], { env, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    let said = "";
    for await (const chunk of child.stdout) {
      said += Buffer.from(chunk).toString();
      // At another moment each time.
      if (said.length > 200 * (round + 1)) child.kill("SIGKILL");
    }
    await child.exited;
    told.push(...said.split("\n").slice(0, -1));
    expect(checkSqliteFile(path)).toBeUndefined();
  }
  const registry = openSqliteRegistry(path);
  const names = new Set((await registry.services()).map(({ name }) => name));
  expect(told.filter((name) => !names.has(name))).toEqual([]);
  expect(told.length).toBeGreaterThan(100);
  // At most the one that it was at each time, which was done and could not be told.
  expect(names.size - told.length).toBeLessThanOrEqual(20);
  await registry.close();
});
