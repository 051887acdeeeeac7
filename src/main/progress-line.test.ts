import { expect, test } from "bun:test";
import { progressLine } from "./progress-line.ts";

test("what is told at a start is one line that moves no terminal, however long a server's reason is", () => {
  expect(progressLine("server one: 3 tools")).toBe("… server one: 3 tools\n");
  expect(progressLine("server one: failed, \u001b[2Jgone\nready")).toBe("… server one: failed, \\x1b[2Jgone\\x0aready\n");
  expect(progressLine("x".repeat(1000))).toBe(`… ${"x".repeat(400)}…\n`);
});
