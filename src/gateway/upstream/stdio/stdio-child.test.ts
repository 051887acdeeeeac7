/** What a process says unasked is held back by its pipe when it is too much. */
import { afterEach, expect, test } from "bun:test";
import { waitUntil } from "../../wait-until.fixture.ts";
import { ReadBudget } from "../read-budget.ts";
import { type StdioChild, startStdioChild } from "./stdio-child.ts";

const children: StdioChild[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.stop()));
});

/** A shell script that is spoken to; lines that begin with `answer` were asked for. The budget's clock stands. */
function setup(script: string) {
  const clock = { now: 0 };
  const budget = new ReadBudget({ bytesPerSecond: 1_000_000, burstBytes: 20_000, monotonicNow: () => clock.now });
  const lines: string[] = [];
  const errors: string[] = [];
  const child = startStdioChild({
    command: { command: "/bin/sh", args: ["-c", script], env: { PATH: process.env.PATH ?? "" } },
    maxLineBytes: 1024 * 1024,
    signalGroup: (pid, signal) => void process.kill(-pid, signal),
    budget,
    onLine(line) {
      lines.push(line);
      return line.startsWith("answer");
    },
    onErrorLine(line) {
      errors.push(line);
      return line;
    },
  });
  children.push(child);
  return { child, clock, budget, lines, errors };
}

/** Says so many lines of text. */
const says = (count: number, text: string) => `i=0; while [ $i -lt ${count} ]; do echo "${text}"; i=$((i+1)); done`;
const THEN_LATE = "read go; echo late; echo said >&2; cat >/dev/null";

test("it is read no further when it has said too much, and goes on when it may", async () => {
  const { child, clock, budget, lines, errors } = setup(`${says(40, "flood")}; ${THEN_LATE}`);
  await waitUntil(() => lines.length > 0 && budget.pauseMs() > 0);
  child.write("go");
  await waitUntil(() => errors.includes("said"));
  expect(lines).not.toContain("late");
  clock.now = 1000;
  await waitUntil(() => lines.includes("late"));
});

test("empty lines count too", async () => {
  const { budget } = setup(`${says(1000, "\n".repeat(100))}; cat >/dev/null`);
  await waitUntil(() => budget.pauseMs() > 0);
});

test("answers cost nothing", async () => {
  const { child, budget, lines } = setup(`${says(100, `answer ${"x".repeat(1000)}`)}; ${THEN_LATE}`);
  child.write("go");
  await waitUntil(() => lines.includes("late"));
  expect(lines).toHaveLength(101);
  expect(budget.pauseMs()).toBe(0);
});

test("one that is held back can be stopped", async () => {
  const { child, budget } = setup(`while :; do ${says(40, "flood")}; done`);
  await waitUntil(() => budget.pauseMs() > 0);
  await child.stop();
  expect(await child.exited).toContain("it was ended by");
});
