import { expect, test } from "bun:test";
import { mayAsk, mayAskAnything } from "./may-ask.ts";

test.each([
  ["sampling/createMessage", { sampling: {} }, true],
  ["sampling/createMessage", { elicitation: {} }, false],
  ["elicitation/create", { elicitation: { url: {} } }, true],
  ["elicitation/create", {}, false],
  ["roots/list", { roots: { listChanged: true } }, true],
  ["roots/list", { roots: null }, false],
  ["roots/list", { roots: true }, false],
  ["tasks/get", { tasks: {} }, true],
  ["tasks/get", { experimental: {} }, false],
  ["acme/ask", { experimental: {} }, true],
  ["acme/ask", { extensions: { "com.acme/ask": {} } }, true],
  ["acme/ask", { sampling: {}, elicitation: {}, roots: {} }, false],
  ["constructor", Object.create({ experimental: {} }), false],
])("%s of a client with %j: %p", (method, capabilities, may) => {
  expect(mayAsk(capabilities as Record<string, unknown>, method)).toBe(may);
});

test.each<[Record<string, unknown>, boolean]>([
  [{}, false],
  [{ roots: {} }, true],
  [{ elicitation: { url: {} } }, true],
  [{ sampling: null, roots: true }, false],
  [{ experimental: {} }, true],
])("a client with %j may be asked something: %p", (capabilities, may) => {
  expect(mayAskAnything(capabilities)).toBe(may);
});
