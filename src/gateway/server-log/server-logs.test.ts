import { expect, test } from "bun:test";
import { ServerLogs } from "./server-logs.ts";

const open = () => new ServerLogs({ now: () => new Date(0) });
const textsOf = (logs: ServerLogs, handle: string) =>
  logs
    .of(handle)
    ?.read(1000)
    .lines.map(({ text }) => text);

test("a server that is given another definition keeps its log, whichever upstream is closed first", () => {
  const logs = open();
  const before = logs.hold({ id: "srv_1", handle: "one" });
  before.log.begin()("before");
  const after = logs.hold({ id: "srv_1", handle: "one" });
  before.release();
  before.release();
  after.log.begin()("after");
  expect(textsOf(logs, "one")).toEqual(["before", "after"]);
  expect(logs.of("one")?.read(1).lines[0]?.life).toBe(2);
  after.release();
  expect(logs.of("one")).toBeUndefined();
});

test("another server of the same handle has a log of its own, and who followed the old one is told", () => {
  const logs = open();
  const old = logs.hold({ id: "srv_1", handle: "one" });
  const ended: string[] = [];
  const handle = "one";
  old.log.follow({ line: () => {}, end: () => ended.push(handle) });
  old.log.begin()("hush");
  logs.hold({ id: "srv_2", handle: "one" });
  expect([ended.length, textsOf(logs, "one")]).toEqual([1, []]);
  // The old one is still on its way out.
  old.release();
  expect(textsOf(logs, "one")).toEqual([]);
});

test("what does not run here has no log", () => {
  expect(open().of("one")).toBeUndefined();
});
