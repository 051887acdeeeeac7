import { expect, test } from "bun:test";
import { type LogLine, ServerLog } from "./server-log.ts";

function open(limits = { maxLines: 3, maxChars: 10_000 }) {
  const time = { ms: 0 };
  const log = new ServerLog({ now: () => new Date(time.ms) }, limits);
  return { log, time, texts: (tail = 1000) => log.read(tail).lines.map(({ text }) => text) };
}

test("lines are kept with their time and life, over restarts", () => {
  const { log, time } = open();
  const first = log.begin();
  first("one");
  time.ms = 1000;
  const second = log.begin();
  second("two");
  // What a process that is gone has still written comes late.
  first("three");
  expect(log.read(1000)).toEqual({
    lines: [
      { at: new Date(0), life: 1, text: "one" },
      { at: new Date(1000), life: 2, text: "two" },
      { at: new Date(1000), life: 1, text: "three" },
    ],
    dropped: 0,
  });
});

test("beyond so many lines the oldest go, and are counted; a tail is the last of those that are kept", () => {
  const { log, texts } = open();
  const write = log.begin();
  for (let at = 1; at <= 10; at += 1) write(String(at));
  expect(texts()).toEqual(["8", "9", "10"]);
  expect(log.read(2)).toMatchObject({ lines: [{ text: "9" }, { text: "10" }], dropped: 7 });
  expect(texts(0)).toEqual([]);
});

test("beyond so many characters the oldest go, empty lines too", () => {
  const { log, texts } = open({ maxLines: 1000, maxChars: 1000 });
  const write = log.begin();
  for (let at = 0; at < 50; at += 1) write("x".repeat(200));
  expect(texts()).toHaveLength(4);
  for (let at = 0; at < 500; at += 1) write("");
  expect(texts().length).toBeLessThan(50);
});

test("a line that alone is over the bound leaves nothing, and the next is kept", () => {
  const { log, texts } = open({ maxLines: 10, maxChars: 100 });
  const write = log.begin();
  write("x".repeat(200));
  expect(texts()).toEqual([]);
  write("y");
  expect(texts()).toEqual(["y"]);
});

test("who follows hears of every line from then on, and of the end; nobody hears anything after", () => {
  const { log } = open();
  const heard: (LogLine | "end")[] = [];
  const listener = { line: (line: LogLine) => void heard.push(line), end: () => void heard.push("end") };
  const write = log.begin();
  write("before");
  log.follow(listener);
  const stop = log.follow({ line: () => heard.push("end"), end: () => heard.push("end") });
  stop();
  write("one");
  log.end();
  write("after");
  log.follow(listener);
  expect(heard).toEqual([{ at: new Date(0), life: 1, text: "one" }, "end", "end"]);
});
