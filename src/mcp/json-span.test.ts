import { expect, test } from "bun:test";
import fc from "fast-check";
import { createLocator, elementsOf, entriesOf, type Span, splice } from "./json-span.ts";

const textOf = (text: string, span: Span | undefined) => (span === undefined ? undefined : text.slice(span.start, span.end));

test("wanted values are found at any depth, in any order, with any white space", () => {
  const locate = createLocator(["id"], ["params"], ["params", "name"], ["params", "_meta", "progressToken"]);
  const text = ' {\n"params" : {"x":[1,{"name":"no"}], "_meta":{"progressToken": 7 },"name"\t:"a\\"b"} , "id":"q" }';
  const { spans, duplicate } = locate(text);
  expect(duplicate).toBe(false);
  expect(spans.map((span) => textOf(text, span))).toEqual([
    '"q"',
    '{"x":[1,{"name":"no"}], "_meta":{"progressToken": 7 },"name"\t:"a\\"b"}',
    '"a\\"b"',
    "7",
  ]);
});

test("a value that is absent, or under something that is no object, has no span", () => {
  const locate = createLocator(["params", "name"], ["id"]);
  expect(locate('{"params":[{"name":1}]}').spans).toEqual([undefined, undefined]);
  expect(locate("[1]").spans).toEqual([undefined, undefined]);
});

test("a key that stands twice is reported, also where one of them is escaped", () => {
  const locate = createLocator(["params", "name"]);
  expect(locate('{"params":{"name":"a","name":"b"}}').duplicate).toBe(true);
  expect(locate('{"params":{"name":"a","n\\u0061me":"b"}}').duplicate).toBe(true);
  expect(locate('{"params":{"name":"a"},"params":{}}').duplicate).toBe(true);
  expect(locate('{"params":{"name":"a","other":{"name":"b"}}}').duplicate).toBe(false);
});

test("splice changes the span and nothing else, numbers and escapes included", () => {
  const locate = createLocator(["params", "name"]);
  const text = '{"big":12345678901234567890,"one":1.0,"params":{"name":"server__tool","s":"\\u00e9"}}';
  const [span] = locate(text).spans;
  expect(span && splice(text, span, '"tool"')).toBe('{"big":12345678901234567890,"one":1.0,"params":{"name":"tool","s":"\\u00e9"}}');
});

test("the found text is what JSON.parse sees, for any JSON and any spacing", () => {
  const locate = createLocator(["a"], ["a", "b"], ["c"]);
  const value = fc.jsonValue();
  fc.assert(
    fc.property(fc.record({ x: value, a: fc.oneof(value, fc.record({ y: value, b: value })), c: value }), fc.nat(3), (record, indent) => {
      const text = JSON.stringify(record, null, indent);
      const [a, b, c] = locate(text).spans;
      expect(JSON.parse(textOf(text, a) ?? "null")).toEqual(JSON.parse(JSON.stringify(record.a)));
      expect(JSON.parse(textOf(text, c) ?? "null")).toEqual(JSON.parse(JSON.stringify(record.c)));
      const inner = record.a as { b?: unknown } | null;
      const hasB = typeof inner === "object" && inner !== null && !Array.isArray(inner) && Object.hasOwn(inner, "b");
      expect(b !== undefined).toBe(hasB);
      if (hasB) expect(JSON.parse(textOf(text, b) ?? "null")).toEqual(JSON.parse(JSON.stringify(inner.b)));
    }),
  );
});

test("elementsOf gives each element of an array", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat(3), (array, indent) => {
      const text = JSON.stringify(array, null, indent);
      const parsed = elementsOf(text, 0).map(({ start, end }) => JSON.parse(text.slice(start, end)));
      expect(parsed).toEqual(JSON.parse(text));
    }),
  );
});

test("entriesOf gives each key with its value", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (record, indent) => {
      const text = JSON.stringify(record, null, indent);
      const read = entriesOf(text, 0).map(({ key, span }) => [key, JSON.parse(text.slice(span.start, span.end))]);
      expect(read).toEqual(Object.entries(JSON.parse(text)));
    }),
  );
  expect(entriesOf('{"a":1,"\\u0061":2}', 0).map(({ key }) => key)).toEqual(["a", "a"]);
});
