import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { dataFolderAt, prepareDataFolder } from "./data-folder.ts";
import { holdDataFolder } from "./hold-data-folder.ts";
import { writeInstance } from "./instance-file.ts";

let base = "";

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "mcpctl-data-"));
});

afterEach(() => rm(base, { recursive: true }));

const at = (path: string) => dataFolderAt(path, { env: {}, checkout: undefined });
const UNUSABLE = expect.objectContaining({
  code: "precondition",
  reason: "DATA_FOLDER_UNUSABLE",
  hint: expect.stringContaining("--data-dir"),
});

test("the folder that was asked for goes before the checkout's, and that before the XDG data folder", () => {
  const env = { XDG_DATA_HOME: "/xdg" };
  expect(dataFolderAt("/asked", { env, checkout: "/checkout" }).path).toBe("/asked");
  expect(dataFolderAt("asked", { env, checkout: "/checkout" }).path).toBe(join(process.cwd(), "asked"));
  expect(dataFolderAt(undefined, { env, checkout: "/checkout" }).path).toBe("/checkout/.mcpctl");
  expect(dataFolderAt(undefined, { env, checkout: undefined }).path).toBe("/xdg/mcpctl");
  for (const XDG_DATA_HOME of [undefined, "", "relative"]) {
    const place = { env: { XDG_DATA_HOME }, checkout: undefined };
    expect(dataFolderAt(undefined, place).path).toBe(join(homedir(), ".local", "share", "mcpctl"));
  }
});

test("everything of an installation lies in its folder", () => {
  const { path, ...files } = at("/data");
  for (const file of Object.values(files)) expect(file).toStartWith(`${path}/`);
  expect(new Set(Object.values(files)).size).toBe(Object.keys(files).length);
});

test("a folder that is made is its owner's alone, one that was there keeps its mode", () => {
  const made = at(join(base, "deep", "made"));
  prepareDataFolder(made);
  expect(statSync(made.path).mode & 0o777).toBe(0o700);
  const there = at(join(base, "there"));
  mkdirSync(there.path, { mode: 0o755 });
  chmodSync(there.path, 0o755);
  prepareDataFolder(there);
  prepareDataFolder(there);
  expect(statSync(there.path).mode & 0o777).toBe(0o755);
});

test("a folder that is a file, or lies below one, is unusable", () => {
  writeFileSync(join(base, "file"), "");
  for (const path of [join(base, "file"), join(base, "file", "below")]) {
    expect(() => prepareDataFolder(at(path))).toThrow(UNUSABLE);
  }
});

test("a folder that is held says by whom and since when", () => {
  const folder = at(base);
  const lock = holdDataFolder(folder);
  const holding = () => holdDataFolder(folder);
  expect(holding).toThrow(expect.objectContaining({ reason: "DATA_FOLDER_HELD", message: expect.stringContaining(base) }));
  writeInstance(folder.instance, { pid: 4711, startedAt: "2026-01-01T00:00:00.000Z" });
  expect(holding).toThrow(/process 4711, since 2026-01-01T00:00:00\.000Z/);
  lock.release();
  holdDataFolder(folder).release();
});
