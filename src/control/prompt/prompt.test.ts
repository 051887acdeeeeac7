import { expect, test } from "bun:test";
import fc from "fast-check";
import { parsePromptName, requireSoundPrompt } from "./prompt.ts";

const argument = (name: string, description = "") => ({ name, description, required: false });
const check = (template: string, ...names: string[]) => requireSoundPrompt({ template, arguments: names.map((name) => argument(name)) });

test("a template whose placeholders are its arguments is sound, whatever else stands in it", () => {
  check("Hello");
  check("Review {{code}} in {{language}}; {{code}} again", "language", "code");
  check("{ {a} } }} {{ { {{x_1-y}}", "x_1-y");
  check("line one\n\tline two\r\n🙂");
});

test("a placeholder that is no argument is named, and so is an argument without a placeholder", () => {
  expect(() => check("Review {{code}}", "cod")).toThrow("template: {{code}} is none of the arguments (cod)");
  expect(() => check("Review {{code}}")).toThrow("template: {{code}} is none of the arguments (there are none)");
  for (const template of ["{{ code }}", "{{}}", "{{Code}}", "{{code }}", "{{cоde}}"]) {
    expect(() => check(template, "code")).toThrow(expect.objectContaining({ code: "invalid", reason: "PROMPT_TEMPLATE_INVALID" }));
  }
  expect(() => check("Review", "code")).toThrow("arguments: the template has no {{code}}");
  expect(() => check("{{a}}", "a", "a")).toThrow("arguments: a stands twice");
});

test("control characters have no place in a prompt", () => {
  for (const template of ["a\0b", "a\x1b[31m", "a\x7f", "a\u0085"])
    expect(() => check(template)).toThrow("template: must not hold control characters");
  for (const description of ["a\nb", "a\0", "\u202eevil"]) {
    const prompt = { template: "{{a}}", arguments: [argument("a", description)] };
    expect(() => requireSoundPrompt(prompt)).toThrow(expect.objectContaining({ code: "invalid", reason: "PROMPT_ARGUMENTS_INVALID" }));
  }
});

test("what only looks like placeholders costs no more time than its length", () => {
  for (const unit of ["{", "{{", "{{a", "}}", "{{{}", "{{a}"]) check(unit.repeat(32_768 / unit.length));
});

test("of any sound prompt every argument is used and every placeholder declared", () => {
  const name = fc.stringMatching(/^[a-z]{1,3}$/);
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 4 }), fc.array(name, { maxLength: 6 }), (declared, used) => {
      const template = `x${used.map((each) => `{{${each}}}`).join(" ")}`;
      const isSound = new Set(declared).symmetricDifference(new Set(used)).size === 0;
      if (isSound) check(template, ...declared);
      else expect(() => check(template, ...declared)).toThrow();
    }),
  );
});

test("a prompt's name could stand in a path", () => {
  expect(parsePromptName("code-review")).toBe("code-review");
  for (const name of ["", "a", "A", "a_b", "a/b", "x".repeat(64), "rеview"]) {
    expect(() => parsePromptName(name)).toThrow(expect.objectContaining({ code: "invalid", reason: "PROMPT_NAME_INVALID" }));
  }
});
