import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchFile } from "./watch-file.ts";

const DEADLINE_MS = 5000;
/** Longer than a test: it has to be told. */
const NEVER_MS = 3_600_000;

let folder = "";
let unwatch: (() => void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "watch-file-"));
});
afterEach(() => {
  for (const end of unwatch) end();
  unwatch = [];
  rmSync(folder, { recursive: true, force: true });
});

const at = (...parts: string[]) => join(folder, ...parts);

function watching(path: string, options: { quietMs?: number; latestMs?: number; lookMs?: number } = {}) {
  const seen = { changes: 0 };
  const onChange = () => {
    seen.changes += 1;
  };
  unwatch.push(watchFile({ path, onChange, quietMs: 5, lookMs: NEVER_MS, ...options }));
  return seen;
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("it did not come to pass");
    await Bun.sleep(1);
  }
}

test("a file that is written to is said to have changed", async () => {
  writeFileSync(at("a.toml"), "1");
  const seen = watching(at("a.toml"));
  writeFileSync(at("a.toml"), "22");
  await until(() => seen.changes === 1);
});

test("so is one that another takes the place of, as editors do it, again and again", async () => {
  writeFileSync(at("a.toml"), "1");
  const seen = watching(at("a.toml"));
  for (let turn = 1; turn <= 3; turn += 1) {
    writeFileSync(at("a.toml.new"), String(turn));
    renameSync(at("a.toml.new"), at("a.toml"));
    await until(() => seen.changes === turn);
  }
});

test("so is one in a mounted ConfigMap, whose folder is turned to another one", async () => {
  const turn = (version: string) => {
    mkdirSync(at(version));
    writeFileSync(at(version, "a.toml"), "the same");
    symlinkSync(version, at("..data_tmp"));
    renameSync(at("..data_tmp"), at("..data"));
  };
  turn("..2026_01");
  symlinkSync(join("..data", "a.toml"), at("a.toml"));
  const seen = watching(at("a.toml"));
  turn("..2026_02");
  rmSync(at("..2026_01"), { recursive: true });
  await until(() => seen.changes === 1);
  turn("..2026_03");
  await until(() => seen.changes === 2);
});

test("so is one behind a link to another folder, and where the link leads elsewhere from now on", async () => {
  mkdirSync(at("etc"));
  mkdirSync(at("one"));
  mkdirSync(at("two"));
  writeFileSync(at("one", "a.toml"), "1");
  writeFileSync(at("two", "a.toml"), "1");
  symlinkSync(at("one", "a.toml"), at("etc", "a.toml"));
  const seen = watching(at("etc", "a.toml"));
  writeFileSync(at("one", "a.toml"), "22");
  await until(() => seen.changes === 1);
  symlinkSync(at("two", "a.toml"), at("etc", "new"));
  renameSync(at("etc", "new"), at("etc", "a.toml"));
  await until(() => seen.changes === 2);
  writeFileSync(at("two", "a.toml"), "333");
  await until(() => seen.changes === 3);
});

test("one that goes, and one that comes back, are changes", async () => {
  writeFileSync(at("a.toml"), "1");
  const seen = watching(at("a.toml"));
  unlinkSync(at("a.toml"));
  await until(() => seen.changes === 1);
  writeFileSync(at("a.toml"), "1");
  await until(() => seen.changes === 2);
});

test("its neighbours are not its business", async () => {
  writeFileSync(at("a.toml"), "1");
  const seen = watching(at("a.toml"));
  const neighbour = watching(at("b.toml"));
  writeFileSync(at("b.toml"), "1");
  await until(() => neighbour.changes === 1);
  expect(seen.changes).toBe(0);
});

test("while it is being written nobody is told, but not for ever", async () => {
  writeFileSync(at("a.toml"), "1");
  const patient = watching(at("a.toml"), { quietMs: NEVER_MS, latestMs: 2 * NEVER_MS });
  const bounded = watching(at("a.toml"), { quietMs: 20, latestMs: 40 });
  let size = 1;
  await until(() => {
    size += 1;
    writeFileSync(at("a.toml"), "x".repeat(size));
    return bounded.changes > 0;
  });
  expect(patient.changes).toBe(0);
});

test("where the system does not tell of changes it is looked at now and then", async () => {
  // There is no folder to watch yet.
  const seen = watching(at("later", "a.toml"), { lookMs: 10 });
  mkdirSync(at("later"));
  writeFileSync(at("later", "a.toml"), "1");
  await until(() => seen.changes > 0);
});

test("nobody is told any more once it was let go of", async () => {
  writeFileSync(at("a.toml"), "1");
  const seen = watching(at("a.toml"), { lookMs: 5 });
  for (const end of unwatch) end();
  const other = watching(at("a.toml"));
  writeFileSync(at("a.toml"), "22");
  await until(() => other.changes === 1);
  expect(seen.changes).toBe(0);
});
