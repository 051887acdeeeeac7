import { expect, test } from "bun:test";
import { askableCapabilities, mayBeAsked } from "./client-capabilities.ts";

test("of what a client declares the known parts of what it may be asked are kept, whatever else it wrote", () => {
  const declared = {
    sampling: { context: {}, tools: { more: "x".repeat(5000) }, new: {} },
    elicitation: { form: {}, url: {} },
    roots: { listChanged: true, other: 1 },
    experimental: { x: {} },
    extensions: { "a/b": {} },
    tasks: {},
  };
  expect(askableCapabilities(declared)).toEqual({
    sampling: { context: {}, tools: {} },
    elicitation: { form: {}, url: {} },
    roots: { listChanged: true },
  });
});

test.each([[undefined], [null], [7], ["sampling"], [[]], [{ sampling: true, roots: null, elicitation: [] }], [{}]])(
  "%j offers nothing",
  (declared) => {
    expect(askableCapabilities(declared)).toEqual({});
  },
);

test.each([
  ["roots/list", undefined, { roots: {} }, true],
  ["roots/list", undefined, { sampling: {}, elicitation: {} }, false],
  ["sampling/createMessage", "{}", { sampling: {} }, true],
  ["sampling/createMessage", "{}", {}, false],
  ["sampling/createMessage", '{"tools":[]}', { sampling: {} }, false],
  ["sampling/createMessage", '{"toolChoice":{}}', { sampling: {} }, false],
  ["sampling/createMessage", '{"tools":[]}', { sampling: { tools: {} } }, true],
  ["elicitation/create", "{}", { elicitation: {} }, true],
  ["elicitation/create", '{"mode":"form"}', { elicitation: {} }, true],
  ["elicitation/create", '{"mode":"url"}', { elicitation: {} }, false],
  ["elicitation/create", '{"mode":"url"}', { elicitation: { form: {} } }, false],
  ["elicitation/create", '{"mode":"url"}', { elicitation: { url: {} } }, true],
  ["elicitation/create", "{}", { elicitation: { url: {} } }, false],
  ["elicitation/create", "{}", { elicitation: { form: {}, url: {} } }, true],
  ["elicitation/create", '{"mode":"new"}', { elicitation: { form: {}, url: {} } }, false],
  ["elicitation/create", "[]", { roots: {} }, false],
  ["tools/call", "{}", { roots: {}, sampling: {}, elicitation: {} }, false],
])("%s with %s of a client with %j: %p", (method, params, capabilities, may) => {
  expect(mayBeAsked(capabilities, method, params)).toBe(may);
});
