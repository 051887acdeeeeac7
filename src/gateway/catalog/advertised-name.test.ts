import { expect, test } from "bun:test";
import fc from "fast-check";
import { advertisedName, mayBeShortened, splitAdvertised } from "./advertised-name.ts";

const handle = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/);
const toolName = fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/);

test("server__tool splits back into its server and tool, underscores in the tool included", () => {
  expect(advertisedName("content", "evo.content.search")).toBe("content__evo.content.search");
  expect(splitAdvertised("content__evo.content.search")).toEqual({ server: "content", own: "evo.content.search" });
  expect(splitAdvertised("a___x__y")).toEqual({ server: "a", own: "_x__y" });
  for (const none of ["", "plain", "__x", "_"]) expect(splitAdvertised(none)).toBeUndefined();
});

test("any name is at most 64 characters and short ones split back exactly", () => {
  fc.assert(
    fc.property(handle, toolName, (server, tool) => {
      const name = advertisedName(server, tool);
      expect(name.length).toBeLessThanOrEqual(64);
      expect(splitAdvertised(name)?.server).toBe(server);
      if (server.length + 2 + tool.length <= 64) expect(splitAdvertised(name)?.own).toBe(tool);
      else expect(mayBeShortened(name)).toBe(true);
    }),
  );
});

test("two long names that begin alike stay apart", () => {
  const [a, b] = [`${"x".repeat(100)}1`, `${"x".repeat(100)}2`];
  expect(advertisedName("s", a)).not.toBe(advertisedName("s", b));
  expect(advertisedName("s", a)).toBe(advertisedName("s", a));
});
