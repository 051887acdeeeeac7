import { expect, test } from "bun:test";
import { linuxProcesses, processIds } from "./linux-processes.ts";

test("of many processes only those that were not seen are asked about", () => {
  const asked: number[] = [];
  const exists = (pid: number) => {
    asked.push(pid);
    return pid === 3;
  };
  const isThere = linuxProcesses(exists, () => new Set([1, 2])).existing();
  expect([1, 2, 3, 4].map(isThere)).toEqual([true, true, true, false]);
  expect(asked).toEqual([3, 4]);
});

test("the ids are those of now, and have the own process among them", async () => {
  const table = linuxProcesses(() => false, processIds);
  const child = Bun.spawn(["sleep", "60"]);
  const before = table.existing();
  expect([before(process.pid), before(child.pid)]).toEqual([true, true]);
  child.kill("SIGKILL");
  await child.exited;
  expect([before(child.pid), table.existing()(child.pid)]).toEqual([true, false]);
});
