import { expect, test } from "bun:test";
import { classifyEra, MODERN_VERSION_KEY } from "./classify.ts";
import { type Envelope, parseBody } from "./envelope.ts";

const read = (message: object) => parseBody(JSON.stringify({ jsonrpc: "2.0", ...message })) as Envelope;
const modern = { _meta: { [MODERN_VERSION_KEY]: "2026-07-28" } };

test("a claim in _meta makes a request modern, whatever its method", () => {
  expect(classifyEra(read({ id: 1, method: "server/discover", params: modern }))).toBe("modern");
  expect(classifyEra(read({ id: 1, method: "tools/call", params: { name: "a", ...modern } }))).toBe("modern");
  expect(classifyEra(read({ method: "notifications/cancelled", params: modern }))).toBe("modern");
});

test("initialize, no claim and a response are legacy", () => {
  expect(classifyEra(read({ id: 1, method: "initialize", params: modern }))).toBe("legacy");
  expect(classifyEra(read({ id: 1, method: "tools/list" }))).toBe("legacy");
  expect(classifyEra(read({ id: 1, method: "tools/list", params: { _meta: { progressToken: 1 } } }))).toBe("legacy");
  expect(classifyEra(read({ id: 1, method: "tools/list", params: { _meta: "x" } }))).toBe("legacy");
  expect(classifyEra(read({ id: 1, result: {} }))).toBe("legacy");
});
