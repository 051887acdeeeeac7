import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseServicePath } from "./service-path.ts";

const refused = (path: string) => {
  try {
    return parseServicePath(path);
  } catch (thrown) {
    return thrown;
  }
};

test("a path is split into its parts, as they are", () => {
  expect(parseServicePath("app.toml")).toEqual(["app.toml"]);
  expect(parseServicePath("conf/.d/ä b\\c/..x")).toEqual(["conf", ".d", "ä b\\c", "..x"]);
});

test.each([
  ["nothing", "", "it is empty"],
  ["a NUL", "a\0b", "it has a NUL"],
  ["half a character", "\ud800", "it is not Unicode"],
  ["an absolute path", "/etc/passwd", "it is absolute"],
  ["a way up", "../etc/passwd", 'it has the part ".."'],
  ["a way up from within", "a/../../b", 'it has the part ".."'],
  ["a way up at the end", "a/..", 'it has the part ".."'],
  ["a part that stays", "./a", 'it has the part "."'],
  ["two slashes", "a//b", "a part of it is empty"],
  ["a slash at the end", "a/", "a part of it is empty"],
  ["a long name", "x".repeat(256), "a part of it is longer than 255 bytes"],
  ["a name of many bytes", "ä".repeat(128), "a part of it is longer than 255 bytes"],
  ["a long path", "a/".repeat(2048), "it is longer than 4095 bytes"],
  ["a push on its way", "a/.mcp-push-1-00", ".mcp-push-… is for files on their way"],
])("%s is refused", (_, path, problem) => {
  expect(refused(path)).toMatchObject({ code: "invalid", reason: "FILE_PATH_INVALID", message: `This is no path of a file: ${problem}` });
});

test("what is not refused has no part that leads anywhere but down, and is the same text", () => {
  const piece = fc.oneof(fc.constantFrom("..", ".", "/", "\0", "a", "%2e%2e", "\\", "…"), fc.string({ maxLength: 3, unit: "binary" }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const parts = refused(pieces.join(""));
      if (!Array.isArray(parts)) return;
      expect(parts.join("/")).toBe(pieces.join(""));
      for (const part of parts) expect(["", ".", ".."].includes(part) || /[/\0]/.test(part)).toBe(false);
    }),
    { numRuns: 2000 },
  );
});
