import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppError } from "../../../core/app-error.ts";
import { FILE_CACHE_LIMITS, FileCache } from "./file-cache.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mcpctl-cache-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function setup(limits = {}, folder = dir) {
  const failures: AppError[] = [];
  return {
    failures,
    cache: new FileCache({ dir: folder, limits: { ...FILE_CACHE_LIMITS, ...limits }, onFailure: (error) => failures.push(error) }),
  };
}

const keyOf = (owner: string, ...parts: string[]) => ({ owner, parts });

test("a text is there for its owner, also in the next process, and for nobody else", async () => {
  const key = keyOf("caller a of demo", "lists", "one");
  await setup().cache.set(key, "text");
  const { cache } = setup();
  expect(await cache.get(key)).toBe("text");
  for (const other of [
    keyOf("caller b of demo", "lists", "one"),
    keyOf("caller a of demo", "lists", "two"),
    keyOf("caller a of demo", "lists"),
  ]) {
    expect(await cache.get(other)).toBeUndefined();
  }
});

test("what parts a key has is not to be told from where one ends", async () => {
  const { cache } = setup();
  await cache.set(keyOf("a", "b", "c"), "text");
  expect([await cache.get(keyOf("a", "bc")), await cache.get(keyOf("ab", "c")), await cache.get(keyOf('a","b', "c"))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("nothing of a key is a path, and only the owner of the process can read a file", async () => {
  const { cache } = setup();
  await cache.set(keyOf("../../etc", "/passwd"), "text");
  const [name = "", ...more] = readdirSync(dir);
  expect([name.length, more]).toEqual([64, []]);
  expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
});

test("the folder is made where it is not there, and one that cannot be written to is said so", async () => {
  const { cache } = setup({}, join(dir, "a", "b"));
  await cache.open();
  expect(statSync(join(dir, "a", "b")).mode & 0o777).toBe(0o700);
  writeFileSync(join(dir, "file"), "");
  await expect(setup({}, join(dir, "file")).cache.open()).rejects.toMatchObject({ reason: "CACHE_DIR_UNUSABLE" });
});

test("a text over its limit is not kept, and what is used least makes room", async () => {
  const { cache } = setup({ maxBytes: 10, maxEntries: 2 });
  await cache.set(keyOf("a"), "x".repeat(11));
  expect(readdirSync(dir)).toEqual([]);
  const age = (seconds: number) => {
    for (const name of readdirSync(dir)) {
      const { mtimeMs } = statSync(join(dir, name));
      utimesSync(join(dir, name), mtimeMs / 1000 - seconds, mtimeMs / 1000 - seconds);
    }
  };
  await cache.set(keyOf("first"), "1");
  age(10);
  await cache.set(keyOf("second"), "2");
  age(10);
  expect(await cache.get(keyOf("first"))).toBe("1");
  await cache.set(keyOf("third"), "3");
  expect([await cache.get(keyOf("first")), await cache.get(keyOf("second")), await cache.get(keyOf("third"))]).toEqual([
    "1",
    undefined,
    "3",
  ]);
});

test("all texts together stay under their limit, and what is not ours is left alone", async () => {
  writeFileSync(join(dir, "not-ours"), "x".repeat(100));
  const { cache } = setup({ maxBytesOfAll: 25 });
  for (const owner of ["a", "b", "c", "d"]) await cache.set(keyOf(owner), "x".repeat(10));
  expect(readdirSync(dir).filter((name) => name !== "not-ours")).toHaveLength(2);
  expect(readdirSync(dir)).toContain("not-ours");
});

test("what a killed process left half written is swept away, and is nobody's text", async () => {
  const { cache } = setup();
  await cache.set(keyOf("a"), "whole");
  const [name = ""] = readdirSync(dir);
  const left = join(dir, `${name}.${"0".repeat(16)}`);
  writeFileSync(left, "hal");
  utimesSync(left, 1, 1);
  await setup().cache.open();
  expect(readdirSync(dir)).toEqual([name]);
  expect(await cache.get(keyOf("a"))).toBe("whole");
});

test("a folder that is gone is told, and is no failure of who asks", async () => {
  const { cache, failures } = setup();
  rmSync(dir, { recursive: true });
  await cache.set(keyOf("a"), "text");
  expect([await cache.get(keyOf("a")), failures.length]).toEqual([undefined, 1]);
});
