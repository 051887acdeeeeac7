import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Checkpoint } from "./checkpoint.ts";
import { checkpointFile } from "./checkpoint-file.ts";

const KEY = new Uint8Array(32).fill(7);
let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpctl-checkpoints-"));
  path = join(folder, "audit-checkpoints.jsonl");
});

afterEach(() => rm(folder, { recursive: true }));

function end(sequence: number, changed: Partial<Checkpoint> = {}): Checkpoint {
  return { kind: "end", writer: "w", sequence, hash: `${sequence}`.padStart(64, "0"), at: "2026-03-01T12:00:00.000Z", ...changed };
}

const lines = () => readFileSync(path, "utf8").trimEnd().split("\n");

test("what was added is read back, also by another process, and the file is for its owner alone", async () => {
  const file = checkpointFile(path, KEY);
  expect(await file.read()).toEqual({ checkpoints: [], damage: [] });
  await Promise.all([file.add(end(0)), file.add(end(5)), file.add(end(3, { kind: "cut", writer: "v" }))]);
  const all = { checkpoints: [end(0), end(5), end(3, { kind: "cut", writer: "v" })], damage: [] };
  expect(await file.read()).toEqual(all);
  expect(await checkpointFile(path, KEY).read()).toEqual(all);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("any field of a line that was changed is found, and so is a line that another key has signed", async () => {
  const file = checkpointFile(path, KEY);
  await file.add(end(5));
  const [line = ""] = lines();
  const fields = JSON.parse(line);
  const forged = [
    { ...fields, kind: "cut" },
    { ...fields, writer: "v" },
    { ...fields, sequence: 6 },
    { ...fields, hash: "f".repeat(64) },
    { ...fields, at: "2026-03-01T12:00:01.000Z" },
    { ...fields, mac: "0".repeat(64) },
    { ...fields, mac: "" },
    { ...fields, mac: undefined },
  ].map((each) => JSON.stringify(each));
  for (const text of [...forged, "", "null", "[]", "no json"]) {
    writeFileSync(path, `${text}\n`);
    expect(await file.read()).toEqual({ checkpoints: [], damage: ["line 1 of the checkpoint file was not signed by this installation"] });
  }
  writeFileSync(path, "");
  await checkpointFile(
    path,
    KEY.map((byte) => byte + 1),
  ).add(end(5));
  expect((await file.read()).damage).toHaveLength(1);
});

test("a line that was cut short by the end of the process is no forgery, and what is added later stands by itself", async () => {
  await checkpointFile(path, KEY).add(end(5));
  await appendFile(path, lines()[0]?.slice(0, 40) ?? "");
  const file = checkpointFile(path, KEY);
  expect(await file.read()).toEqual({ checkpoints: [end(5)], damage: [] });
  await file.add(end(6));
  const { checkpoints, damage } = await file.read();
  expect({ last: checkpoints.at(-1), damage }).toEqual({ last: end(6), damage: [] });
});

test("the file stays small, and keeps the furthest end of each writer, its last two cuts and every sign of forgery", async () => {
  const file = checkpointFile(path, KEY);
  await file.add(end(1, { writer: "old" }));
  for (const sequence of [10, 20, 30]) await file.add(end(sequence, { kind: "cut" }));
  await appendFile(path, "forged\n");
  for (let sequence = 1; sequence <= 1200; sequence += 1) await file.add(end(sequence));
  expect(lines().length).toBeLessThan(300);
  const { checkpoints, damage } = await checkpointFile(path, KEY).read();
  expect(damage).toHaveLength(1);
  expect(checkpoints.filter(({ kind }) => kind === "cut").map(({ sequence }) => sequence)).toEqual([20, 30]);
  expect(checkpoints).toContainEqual(end(1, { writer: "old" }));
  expect(checkpoints.at(-1)).toEqual(end(1200));
  expect([statSync(path).mode & 0o777, existsSync(`${path}.next`)]).toEqual([0o600, false]);
});

test("no link is followed to another file, and a failure is told", async () => {
  const other = join(folder, "other");
  writeFileSync(other, "untouched");
  symlinkSync(other, path);
  const file = checkpointFile(path, KEY);
  await expect(file.add(end(1))).rejects.toThrow();
  await expect(file.read()).rejects.toThrow();
  expect(readFileSync(other, "utf8")).toBe("untouched");
  await rm(path);
  await file.add(end(1));
  expect((await file.read()).checkpoints).toEqual([end(1)]);
});
