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

test("one that has ended and that nobody has collected does not live, though it is there", async () => {
  const table = linuxProcesses(() => true, processIds);
  // The shell becomes a program that collects nobody.
  const parent = Bun.spawn(["sh", "-c", "sleep 0 & echo $!; exec sleep 60"], { stdout: "pipe" });
  const { value } = await parent.stdout.getReader().read();
  const pid = Number(new TextDecoder().decode(value));
  const deadline = performance.now() + 10_000;
  while (table.isAlive(pid) && performance.now() < deadline) await Bun.sleep(5);
  expect([table.isAlive(pid), table.existing()(pid), table.isAlive(parent.pid)]).toEqual([false, true, true]);
  parent.kill("SIGKILL");
  await parent.exited;
});

test("where /proc does not show one, whether it lives is found out otherwise", () => {
  expect([true, false].map((exists) => linuxProcesses(() => exists).isAlive(2 ** 30))).toEqual([true, false]);
});
