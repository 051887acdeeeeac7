import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readInstance, removeInstance, writeInstance } from "./instance-file.ts";
import { readMasterKey } from "./master-key.ts";
import { writePrivateFile } from "./private-file.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-private-"));
});

afterEach(() => rm(folder, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test("a private file is its owner's alone, also where one stood that others could read", () => {
  const path = join(folder, "ready.json");
  writePrivateFile(path, "first");
  expect(modeOf(path)).toBe(0o600);
  chmodSync(path, 0o644);
  writePrivateFile(path, "é second");
  expect({ mode: modeOf(path), text: readFileSync(path, "utf8") }).toEqual({ mode: 0o600, text: "é second" });
});

test("a file half written by an earlier process is of no account, and nothing is left beside the file", () => {
  const path = join(folder, "ready.json");
  writeFileSync(`${path}.${process.pid}.tmp`, "half of a longer text", { mode: 0o644 });
  writePrivateFile(path, "whole");
  expect({ mode: modeOf(path), text: readFileSync(path, "utf8") }).toEqual({ mode: 0o600, text: "whole" });
  expect(readdirSync(folder)).toEqual(["ready.json"]);
});

test("a link where the file was to stand is replaced, and what it pointed to is not written", () => {
  const [path, target] = [join(folder, "ready.json"), join(folder, "target")];
  writeFileSync(target, "kept");
  symlinkSync(target, path);
  writePrivateFile(path, "secret");
  expect(readFileSync(target, "utf8")).toBe("kept");
  expect(readFileSync(path, "utf8")).toBe("secret");
});

test("the instance file is private, says who runs, and is unknown where it is missing or damaged", () => {
  const path = join(folder, "instance.json");
  expect(readInstance(path)).toBeUndefined();
  const running = { api: "http://127.0.0.1:1", gateway: "http://127.0.0.1:2", operatorKey: "mcpctl_op_x" };
  const instance = { pid: 7, startedAt: "2026-01-01T00:00:00.000Z", running };
  writeInstance(path, instance);
  expect(modeOf(path)).toBe(0o600);
  expect(readInstance(path)).toEqual(instance);
  for (const damaged of ["", "{", "null", '{"pid":"7"}']) {
    writeFileSync(path, damaged);
    expect(readInstance(path)).toBeUndefined();
  }
  removeInstance(path);
  removeInstance(path);
  expect(readdirSync(folder)).toEqual([]);
});

test("the master key is made once, private, and a damaged one is refused and not replaced", () => {
  const path = join(folder, "master.key");
  const key = readMasterKey(path);
  expect(key.byteLength).toBe(32);
  expect(modeOf(path)).toBe(0o600);
  expect(Buffer.from(readMasterKey(path)).equals(Buffer.from(key))).toBe(true);
  writeFileSync(path, "short");
  expect(() => readMasterKey(path)).toThrow(expect.objectContaining({ reason: "MASTER_KEY_DAMAGED", hint: expect.any(String) }));
  expect(readFileSync(path, "utf8")).toBe("short");
});
