import { expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_PROJECT_SERVERS, parseProjectName, requireServerList } from "./project.ts";

test("a name that could stand in a path comes back as it is", () => {
  for (const name of ["demo", "team-7", "ab", "a".repeat(63)]) expect(parseProjectName(name)).toBe(name);
});

test("a name that could not stand in a path, or that only looks like one, is refused", () => {
  const lookAlikes = ["dеmo", "ｄｅｍｏ", "de\u00admo", "demo\u200b", "démo", "ꓒemo"];
  for (const name of [
    "",
    "a",
    "7up",
    "-a",
    "a b",
    "a/b",
    "a.b",
    "a_b",
    "Demo",
    " demo",
    "a".repeat(64),
    "demo\n",
    "de\0mo",
    ...lookAlikes,
  ]) {
    expect(() => parseProjectName(name)).toThrow(expect.objectContaining({ code: "invalid", reason: "PROJECT_NAME_INVALID" }));
  }
});

test("whatever is given, a name that passes is plain, and stands in a path as it is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[a-z0-9-]{0,70}$/)), (text) => {
      try {
        const name = parseProjectName(text);
        return name === text && encodeURIComponent(name) === name && !name.includes("_") && name.length >= 2 && name.length <= 63;
      } catch {
        return !/^[a-z][a-z0-9-]{1,62}$/.test(text);
      }
    }),
  );
});

test("a list of servers has a limit, which is named, and no server twice", () => {
  requireServerList(Array.from({ length: MAX_PROJECT_SERVERS }, (_, index) => `s${index}`));
  const many = Array.from({ length: 10_000 }, (_, index) => `s${index}`);
  expect(() => requireServerList(many)).toThrow("servers: has 10000 servers, of at most 200");
  expect(() => requireServerList(["a", "b", "a"])).toThrow("servers: a stands twice");
});
