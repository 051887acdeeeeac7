import { expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { parseYaml } from "./parse-yaml.ts";
import { YAML_LIMITS } from "./scan-yaml.ts";

const values = (text: string) => parseYaml("f.yaml", text).map(({ value }) => value);
const refusal = (text: string) => {
  try {
    return JSON.stringify(values(text)).slice(0, 200);
  } catch (thrown) {
    const { code, reason, message } = thrown as { code: string; reason: string; message: string };
    expect(code).toBe("invalid");
    return `${reason} ${message}`;
  }
};

test("a text may hold many documents, empty ones among them, or a list of them, or JSON", () => {
  expect(values("---\na: 1\n---\n\n---\nb: 2\n...\n")).toEqual([{ a: 1 }, { b: 2 }]);
  expect(values("- a: 1\n- b: 2\n")).toEqual([{ a: 1 }, { b: 2 }]);
  expect(values('{"a": {"b": [1, "x"]}}')).toEqual([{ a: { b: [1, "x"] } }]);
  expect(values("")).toEqual([]);
  expect(values("# nothing\n")).toEqual([]);
});

test("a part is found by its path, a key by its name", () => {
  const [document] = parseYaml("f.yaml", "\nkind: server\nbacking:\n  kind: url\n  ulr: x\n");
  expect(document?.where(["backing"], "ulr")).toBe("f.yaml:5");
  expect(document?.where(["backing", "kind"])).toBe("f.yaml:4");
  expect(document?.where(["backing", "gone"])).toBe("f.yaml:4");
  expect(parseYaml("f.yaml", "- a: 1\n- b: 2\n")[1]?.where(["b"])).toBe("f.yaml:2");
});

test.each([
  ["a: [1", "YAML_INVALID f.yaml:1: "],
  ["a: 1\nb:\n\t- x", "YAML_INVALID f.yaml:3: "],
  ["a: 1\nb: 2\na: 3", "YAML_INVALID f.yaml:3: 'a' stands twice"],
  ["? [1, 2]\n: x", "YAML_INVALID f.yaml:1: a key must be a word"],
  ["a: !!js/function x\n---\n*nothing", "YAML_LIMIT_EXCEEDED f.yaml has aliases that name nothing"],
])("%p is refused with where it stands", (text, message) => {
  expect(refusal(text)).toStartWith(message);
});

const LAUGHS = [
  "a: &a [x,x,x,x,x,x,x,x,x]",
  ..."bcdefghi".split("").map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]}`)}]`),
];

test.each([
  ["a YAML bomb of aliases", LAUGHS.join("\n"), "grow to more than 100 nodes"],
  ["many aliases", `a: &a x\nb: [${Array(200).fill("*a").join(",")}]`, "more than 100 aliases"],
  ["deep brackets", "[".repeat(500_000), "nested deeper than 32 levels"],
  ["brackets that are closed", `${"[".repeat(40)}${"]".repeat(40)}`, "nested deeper than 32 levels"],
  ["deep braces", "{a: ".repeat(200_000), "nested deeper than 32 levels"],
  ["lists in lists", `${"- ".repeat(200_000)}x`, "nested deeper than 32 levels"],
  ["lists in lists, less deep", `${"- ".repeat(40)}x`, "nested deeper than 32 levels"],
  ["keys in keys", `${"? ".repeat(200_000)}x`, "nested deeper than 32 levels"],
  ["indentation", Array.from({ length: 1000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"), "nested deeper than 32 levels"],
  ["a megabyte", `a: ${"x".repeat(1024 * 1024)}`, "larger than 1024 KiB"],
  ["many documents", "---\na: 1\n".repeat(1002), "more than 1000 documents"],
  ["a long list of documents", "- {a: 1}\n".repeat(1001), "more than 1000 documents"],
])("%s is refused with the limit named, at once", (_, text, message) => {
  expect(refusal(text)).toMatch(/^YAML_LIMIT_EXCEEDED f\.yaml /);
  expect(refusal(text)).toContain(message);
});

test("many keys cost no more than their number", () => {
  const text = Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`).join("\n");
  expect(Object.keys(values(text)[0] as object)).toHaveLength(60_000);
});

test("a long text in a document is no depth", () => {
  const text = `template: |\n  ${"- ".repeat(400)}\n  ${" ".repeat(400)}[[[${"[".repeat(100)}\nother: "${"[".repeat(300)}"   # so it is\nwide: {a: "${"x".repeat(600)}", b: [1, 2]}\n`;
  expect(Object.keys(values(text)[0] as object)).toEqual(["template", "other", "wide"]);
});

test("what is written is read again as it was", () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const document = fc.dictionary(
    fc.string({ minLength: 1 }),
    fc.oneof(leaf, fc.array(leaf, { maxLength: 5 }), fc.dictionary(fc.string({ minLength: 1 }), leaf)),
    {
      noNullPrototype: true,
    },
  );
  fc.assert(
    fc.property(fc.array(document, { minLength: 1, maxLength: 4 }), (documents) => {
      const text = documents.map((each) => stringify({ kind: "x", ...each }, { lineWidth: 0 })).join("---\n");
      expect(values(text)).toEqual(documents.map((each) => ({ kind: "x", ...each })));
    }),
  );
});

test("whatever the text, it is read or refused", () => {
  const scraps = fc.array(
    fc.constantFrom("- ", "? ", ": ", "[", "]", "{", "}", "&a ", "*a", "\n", "  ", "---\n", "x", '"', "'", "|\n", "#", "!t ", "<<", "\t"),
    { maxLength: 60 },
  );
  fc.assert(fc.property(scraps, (parts) => refusal(parts.join("")) !== ""));
  expect(YAML_LIMITS.documents).toBe(1000);
});
