import { expect, test } from "bun:test";
import { parseProjectName } from "./project.ts";

test("a project's name is lower case, and nothing around it counts", () => {
  expect(parseProjectName(" Demo ")).toBe("demo");
  expect(parseProjectName("team-7")).toBe("team-7");
  expect(parseProjectName("a".repeat(63))).toBe("a".repeat(63));
});

test("a name that could not stand in a path is refused", () => {
  for (const name of ["", "a", "7up", "-a", "a b", "a/b", "a.b", "a_b", "é1", "a".repeat(64), "demo\nx"]) {
    expect(() => parseProjectName(name)).toThrow(expect.objectContaining({ code: "invalid", reason: "PROJECT_NAME_INVALID" }));
  }
});
