import { expect, test } from "bun:test";
import fc from "fast-check";
import { createLocator, elementsOf, splice } from "./json-span.ts";
import { oddJson, oddObject, oddSpelling, oddString } from "./odd-json.fixture.ts";

type Json = Record<string, unknown>;

/** An object that holds `wanted` once, its key in any spelling, among members that are something else. */
function holding(wanted: string, value: fc.Arbitrary<string>) {
  const other = fc.tuple(
    oddString.filter((key) => JSON.parse(key) !== wanted),
    oddJson,
  );
  const entries = fc
    .tuple(fc.tuple(oddSpelling(wanted), value), fc.array(other, { maxLength: 4 }), fc.nat(4))
    .map(([entry, others, at]) => [...others.slice(0, at), entry, ...others.slice(at)]);
  return oddObject(entries);
}

test("a value is found where another reader finds it, however its key is spelled and whatever stands around it", () => {
  fc.assert(
    fc.property(holding("params", holding("name", oddJson)), (text) => {
      const { spans, duplicate } = createLocator(["params"], ["params", "name"])(text);
      const [outer, inner] = spans.map((span) => JSON.parse(text.slice(span?.start, span?.end)));
      const params = (JSON.parse(text) as { params: Json }).params;
      expect(duplicate).toBe(false);
      expect(outer).toEqual(params);
      expect(inner).toEqual(params.name);
    }),
    { numRuns: 300 },
  );
});

test("replacing a value changes that value for every reader, and not one character elsewhere", () => {
  fc.assert(
    fc.property(holding("params", holding("name", oddJson)), oddJson, (text, replacement) => {
      const [span] = createLocator(["params", "name"])(text).spans;
      if (span === undefined) throw new Error("it is there");
      const changed = splice(text, span, replacement);
      expect(changed.startsWith(text.slice(0, span.start))).toBe(true);
      expect(changed.endsWith(text.slice(span.end))).toBe(true);
      expect(changed.length).toBe(text.length - (span.end - span.start) + replacement.length);
      const before = JSON.parse(text) as { params: Json };
      expect(JSON.parse(changed)).toEqual({ ...before, params: { ...before.params, name: JSON.parse(replacement) } });
    }),
    { numRuns: 300 },
  );
});

test("the elements of a list are the texts that were written", () => {
  fc.assert(
    fc.property(fc.array(oddJson, { maxLength: 6 }), fc.constantFrom("", " ", "\n\t"), (elements, space) => {
      const text = `[${elements.map((element) => space + element + space).join(",")}${elements.length === 0 ? space : ""}]`;
      expect(elementsOf(text, 0).map(({ start, end }) => text.slice(start, end))).toEqual(elements);
    }),
  );
});
