import { expect, test } from "bun:test";
import fc from "fast-check";
import { commentedText } from "./commented-text.fixture.ts";
import { soundDefinition } from "./definition.fixture.ts";
import { parseServiceDefinition } from "./parse-service-definition.ts";
import { setActive } from "./set-active.ts";

const REST = 'name = "shop" # the shop\nnode = "rift"\n\n[[components]]\nname = "active"\nimage = "shop"\nlabels = { active = "true" }\n';
const commented = soundDefinition.chain((definition) => commentedText(definition).map((text) => ({ definition, text })));

test("the value alone is changed, wherever it stands and however it is written", () => {
  expect(setActive(`active=true# why\n${REST}`, false, "x")).toBe(`active=false# why\n${REST}`);
  expect(setActive(`# active = true\n  "active"  =  false\r\n${REST}`, true, "x")).toBe(`# active = true\n  "active"  =  true\r\n${REST}`);
});

test("where it is not written it is added below the other keys of the service", () => {
  expect(setActive(REST, false, "x")).toBe(REST.replace('node = "rift"\n', 'node = "rift"\nactive = false\n'));
});

test("a text that says so already is left alone", () => {
  expect(setActive(REST, true, "x")).toBe(REST);
});

test("a text that is no definition is refused", () => {
  expect(() => setActive("active = true\n", false, "x")).toThrow(expect.objectContaining({ reason: "SERVICE_DEFINITION_INVALID" }));
});

test("everything else stays byte for byte: only that one line differs, and back again gives the same text", () => {
  fc.assert(
    fc.property(commented, ({ definition, text }) => {
      const edited = setActive(text, !definition.active, "x");
      expect(parseServiceDefinition(edited, "x")).toEqual({ ...definition, active: !definition.active });
      const [before, after] = [text.split("\n"), edited.split("\n")];
      const changed = before.flatMap((line, index) => (line === after[index] ? [] : [index]));
      expect([after.length, changed.length]).toEqual([before.length, 1]);
      const [old = "", value = ""] = [before[changed[0] ?? 0], after[changed[0] ?? 0]];
      expect(value).toBe(old.replace(`active = ${definition.active}`, `active = ${!definition.active}`));
      expect(setActive(edited, definition.active, "x")).toBe(text);
    }),
    { numRuns: 60 },
  );
});
