import { expect, test } from "bun:test";
import { parse } from "smol-toml";
import { lineOfTomlKey, removeEmptyTomlTable, removeTomlValue, setTomlValue } from "./edit-toml.ts";

const TEXT = `# the shop
name = "a \\" # no comment" # the name
'odd key'.'x.y' = '''
[no.header]
''''
list = [ # first
  "]", { a = 1, b = 1979-05-27 07:32:00 }, # second
]
when = 1979-05-27 07:32:00   # a date with a space

[[items]] # one
id = 1
[items.inner]
deep = { x = "}", y.z = [1, 2] }
  [[ items ]]
id=2
[items."in.ner"]
last = true`;

test("the text of the test is TOML, and every value is found where it stands", () => {
  expect(() => parse(TEXT)).not.toThrow();
  const lines: readonly [readonly (string | number)[], number][] = [
    [["name"], 2],
    [["odd key", "x.y"], 3],
    [["list"], 6],
    [["list", 1, "b"], 7],
    [["when"], 9],
    [["items", 0, "id"], 12],
    [["items", 0, "inner", "deep", "y", "z"], 14],
    [["items", 1], 15],
    [["items", 1, "id"], 16],
    [["items", 1, "in.ner", "last"], 18],
    [["items", 1, "missing"], 15],
    [["list", 0], 6],
  ];
  for (const [path, line] of lines) expect([path, lineOfTomlKey(TEXT, path)]).toEqual([path, line]);
  expect(lineOfTomlKey(TEXT, ["missing"])).toBeUndefined();
});

test.each([
  ["a value in the root", ["name"], "b", 'name = "a \\" # no comment"', 'name = "b"'],
  ["a long text", ["odd key", "x.y"], "b", "'''\n[no.header]\n''''", '"b"'],
  ["a date", ["when"], true, "1979-05-27 07:32:00   #", "true   #"],
  ["a date between braces", ["list", 1, "b"], 2, "b = 1979-05-27 07:32:00", "b = 2"],
  ["a value without spaces", ["items", 1, "id"], 3, "id=2", "id=3"],
  ["an array behind a dotted key", ["items", 0, "inner", "deep", "y", "z"], ["q"], "[1, 2]", '[ "q" ]'],
  ["the last value", ["items", 1, "in.ner", "last"], false, "last = true", "last = false"],
] as const)("%s is replaced, and nothing else", (_, path, value, before, after) => {
  expect(TEXT.split(before)).toHaveLength(2);
  expect(setTomlValue(TEXT, path, value)).toBe(TEXT.replace(before, after));
});

test.each([
  ["the root", ["new"], "when = 1979-05-27 07:32:00   # a date with a space\n", "new = 1\n"],
  ["a table of an array", ["items", 0, "new"], "[[items]] # one\nid = 1\n", "new = 1\n"],
  ["a table that has no header yet", ["items", 1, "new", "k.l"], "id=2\n", 'new."k.l" = 1\n'],
  ["braces", ["items", 0, "inner", "deep", "new"], "y.z = [1, 2]", ", new = 1"],
  ["a file that ends without a new line", ["items", 1, "in.ner", "new"], "last = true", "\nnew = 1"],
] as const)("a new value of %s stands at its end", (_, path, before, added) => {
  expect(setTomlValue(TEXT, path, 1)).toBe(TEXT.replace(before, before + added));
});

test("a new value of a text without any, or of empty braces, or of a table with a header alone", () => {
  expect(setTomlValue("# nothing\r\n", ["a"], 1)).toBe("a = 1\r\n# nothing\r\n");
  expect(setTomlValue("t = {}", ["t", "a"], 1)).toBe("t = { a = 1 }");
  expect(setTomlValue("[t] # here\n[u]\n", ["t", "a"], 1)).toBe("[t] # here\na = 1\n[u]\n");
  expect(setTomlValue("[t]\r\nb = 1\r\n", ["t", "a"], 1)).toBe("[t]\r\nb = 1\r\na = 1\r\n");
});

test("a value is removed with its line, and a comment behind it stays", () => {
  expect(removeTomlValue("a = 1\nb = 2\nc = 3\n", ["b"])).toBe("a = 1\nc = 3\n");
  expect(removeTomlValue("a = 1\nb = 2  # two\n", ["b"])).toBe("a = 1\n# two\n");
  expect(removeTomlValue("a = 1\nb = 2", ["b"])).toBe("a = 1\n");
  expect(removeTomlValue("t = { a = 1, b = 2, c = 3 }", ["t", "a"])).toBe("t = { b = 2, c = 3 }");
  expect(removeTomlValue("t = { a = 1, b = 2 }", ["t", "b"])).toBe("t = { a = 1 }");
  expect(removeTomlValue("t = { a = 1 }", ["t", "a"])).toBe("t = {  }");
});

test("a table with nothing in it is removed, and a comment behind its header stays", () => {
  expect(removeEmptyTomlTable("a = 1\n[t]\n[u]\n", ["t"])).toBe("a = 1\n[u]\n");
  expect(removeEmptyTomlTable("a = 1\n[t] # why\n", ["t"])).toBe("a = 1\n# why\n");
  expect(removeEmptyTomlTable("a = 1\nt = {  }\n", ["t"])).toBe("a = 1\n");
  expect(removeEmptyTomlTable("[t]\nb = 1\n", ["t"])).toBe("[t]\nb = 1\n");
  expect(removeEmptyTomlTable("a = 1\n", ["t"])).toBe("a = 1\n");
});

test("what would lose a comment, or has no place, is refused", () => {
  expect(setTomlValue("a = [ # why\n1]\n", ["a"], 2)).toBeUndefined();
  expect(removeTomlValue("a = [ # why\n1]\n", ["a"])).toBeUndefined();
  expect(removeTomlValue("a = 1\n", ["b"])).toBeUndefined();
  expect(setTomlValue("a = 1\n", ["items", 0, "x"], 2)).toBeUndefined();
});
