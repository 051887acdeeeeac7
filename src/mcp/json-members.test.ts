import { expect, test } from "bun:test";
import fc from "fast-check";
import { memberText, withMembers, withoutMembers } from "./json-members.ts";

test("what is kept keeps its bytes", () => {
  const text = String.raw`{ "a" : 1.0 , "b":12345678901234567890,"c":"\u00e4","\u0064":[ 1 ] }`;
  expect(withoutMembers(text, (key) => key === "a")).toBe(String.raw`{"b":12345678901234567890,"c":"\u00e4","d":[ 1 ]}`);
  expect(withoutMembers(text, (key) => key === "d")).toBe(String.raw`{"a":1.0,"b":12345678901234567890,"c":"\u00e4"}`);
  expect(withoutMembers(text, () => false)).toBe(text);
  expect(withoutMembers(text, () => true)).toBe("{}");
});

test("what is put in stands first", () => {
  expect(withMembers(' {"a":1.0} ', ['"x":1', '"y":2'])).toBe('{"x":1,"y":2,"a":1.0} ');
  expect(withMembers("{ }", ['"x":1'])).toBe('{"x":1 }');
  expect(withMembers('{"a":1}', [])).toBe('{"a":1}');
});

test("whatever the object, members go and come as they would in the parsed one", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (object, key, value) => {
      const text = JSON.stringify(object, null, 1);
      const { [key]: _, ...rest } = object;
      const without = withoutMembers(text, (name) => name === key);
      expect(JSON.parse(without)).toEqual(JSON.parse(JSON.stringify(rest)));
      const put = withMembers(without, [memberText(key, JSON.stringify(value))]);
      expect(JSON.parse(put)).toEqual(JSON.parse(JSON.stringify({ [key]: value, ...rest })));
    }),
  );
});
