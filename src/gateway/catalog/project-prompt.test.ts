import { expect, test } from "bun:test";
import { promptText, renderPrompt } from "./project-prompt.ts";

const review = {
  name: "review",
  description: "Reviews a change",
  arguments: [
    { name: "change", description: "What changed", required: true },
    { name: "tone", description: "", required: false },
  ],
  template: "Review {{change}} in a {{tone}} tone. {{change}}! {{unknown}} {{ change }} {change}",
};

const textOf = (result: object) => (result as { messages: { content: { text: string } }[] }).messages[0]?.content.text;

test("arguments are filled in wherever they stand, and other braces stay", () => {
  expect(renderPrompt(review, { change: "a", tone: "kind", more: "x" })).toEqual({
    description: "Reviews a change",
    messages: [{ role: "user", content: { type: "text", text: "Review a in a kind tone. a! {{unknown}} {{ change }} {change}" } }],
  });
});

test("what an argument brings is not looked at again", () => {
  expect(textOf(renderPrompt({ ...review, template: "{{change}}|{{tone}}" }, { change: "{{tone}} $& $1", tone: "x" }))).toBe(
    "{{tone}} $& $1|x",
  );
});

test("an optional argument that is not given is empty", () => {
  expect(textOf(renderPrompt({ ...review, template: "[{{tone}}]" }, { change: "a" }))).toBe("[]");
});

test.each([
  ["none at all", undefined, "change"],
  ["no required one", { tone: "x" }, "change"],
  ["one that is no text", { change: 7 }, "change must be a string"],
  ["a list", ["a"], "arguments must be an object"],
  ["null", null, "arguments must be an object"],
])("%s is -32602 and says which argument is wrong", (_, given, word) => {
  expect(() => renderPrompt(review, given)).toThrow(expect.objectContaining({ code: -32602, message: expect.stringContaining(word) }));
});

test("an inherited property is no argument", () => {
  const odd = { ...review, arguments: [{ name: "toString", description: "", required: true }], template: "{{toString}}" };
  expect(() => renderPrompt(odd, {})).toThrow(expect.objectContaining({ code: -32602 }));
});

test("the entry of a list says what the prompt takes, and no template", () => {
  expect(JSON.parse(promptText(review))).toEqual({
    name: "review",
    description: "Reviews a change",
    arguments: [
      { name: "change", description: "What changed", required: true },
      { name: "tone", required: false },
    ],
  });
  expect(JSON.parse(promptText({ name: "hi", description: "", arguments: [], template: "x" }))).toEqual({ name: "hi" });
});

/** Of a size at which more work than its length would take minutes, which the runner's limit ends. */
test("filling in a template of braces takes no longer than its length", () => {
  const template = "{{".repeat(1_000_000);
  expect(textOf(renderPrompt({ ...review, template }, { change: "a" }))).toBe(template);
});
