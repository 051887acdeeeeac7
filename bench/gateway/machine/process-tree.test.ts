import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { requires } from "../../../test/support/requires.ts";
import { parseProcessStat, readProcessCost, readProcessTree } from "./process-tree.ts";

test("a process name with spaces and brackets does not shift the fields", () => {
  const fields = ["S", "7", ...Array.from({ length: 9 }, () => "0"), "12", "5", "0", "0", "20", "0", "1", "0", "4321", "0"];
  expect(parseProcessStat(`42 (a (b) c) ${fields.join(" ")}`)).toEqual({ pid: 42, parentPid: 7, cpuTicks: 17, startTicks: 4321 });
});

test("text that is no stat line gives nothing", () => {
  expect(parseProcessStat("")).toBeUndefined();
  expect(parseProcessStat("42 (short) S 1")).toBeUndefined();
});

const onLinux = requires(existsSync("/proc/self/stat"), "there is no /proc here");

onLinux("a child is part of its parent's tree, and its memory is not counted where it is a fixture", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  try {
    const tree = readProcessTree(process.pid).map(({ pid }) => pid);
    expect(tree).toContain(process.pid);
    expect(tree).toContain(child.pid);
    const all = readProcessCost(process.pid, () => false);
    const none = readProcessCost(process.pid, () => true);
    expect(all.residentKiB).toBeGreaterThan(0);
    expect(none).toEqual({ cpuUs: 0, residentKiB: 0 });
  } finally {
    child.kill();
    await child.exited;
  }
});

onLinux("a process that is gone has no tree", async () => {
  const child = Bun.spawn(["true"]);
  await child.exited;
  expect(readProcessTree(child.pid)).toEqual([]);
});
