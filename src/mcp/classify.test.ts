import { describe, expect, test } from "bun:test";
import { CLIENT_CAPABILITIES_KEY, classifyEra, MODERN_VERSION_KEY } from "./classify.ts";
import { type Batch, type Envelope, parseBody } from "./envelope.ts";

const read = (message: object) => parseBody(JSON.stringify({ jsonrpc: "2.0", ...message })) as Envelope;
const modern = { _meta: { [MODERN_VERSION_KEY]: "2026-07-28" } };
const whole = { _meta: { ...modern._meta, [CLIENT_CAPABILITIES_KEY]: {} } };
const NEW = "2026-07-28";

describe("the era of a message", () => {
  test.each([
    ["a claim, whatever the method", { id: 1, method: "server/discover", params: modern }, null, "modern"],
    ["a claim beside other params", { id: 1, method: "tools/call", params: { name: "a", ...modern } }, null, "modern"],
    ["a claim of a notification", { method: "notifications/cancelled", params: modern }, null, "modern"],
    [
      "a claim of a revision that nobody knows",
      { id: 1, method: "x", params: { _meta: { [MODERN_VERSION_KEY]: "2099-01-01" } } },
      null,
      "modern",
    ],
    ["a claim that is no text", { id: 1, method: "x", params: { _meta: { [MODERN_VERSION_KEY]: 7 } } }, null, "modern"],
    ["no claim under a modern header", { id: 1, method: "tools/list" }, NEW, "modern"],
    ["a notification under a modern header", { method: "notifications/x" }, NEW, "modern"],
    ["initialize", { id: 1, method: "initialize" }, null, "legacy"],
    ["initialize with a claim and a modern header", { id: 1, method: "initialize", params: modern }, NEW, "legacy"],
    ["initialize with all of a claim", { id: 1, method: "initialize", params: whole }, null, "modern"],
    ["no claim", { id: 1, method: "tools/list" }, null, "legacy"],
    ["no claim under a legacy header", { id: 1, method: "tools/list" }, "2025-11-25", "legacy"],
    ["no claim under a header that nobody knows", { id: 1, method: "tools/list" }, "1999-01-01", "legacy"],
    ["other metadata", { id: 1, method: "tools/list", params: { _meta: { progressToken: 1 } } }, null, "legacy"],
    ["metadata that is no object", { id: 1, method: "tools/list", params: { _meta: "x" } }, null, "legacy"],
    ["a response", { id: 1, result: modern }, NEW, "legacy"],
  ] as const)("%s", (_, message, header, era) => {
    expect(classifyEra(read(message), header)).toBe(era);
  });

  test("of a batch is modern where one of its messages makes a claim", () => {
    const batch = (...items: unknown[]) => parseBody(JSON.stringify(items)) as Batch;
    const plain = { jsonrpc: "2.0", id: 1, method: "ping" };
    expect(classifyEra(batch(plain, 7, { jsonrpc: "2.0", id: 2, result: {} }), null)).toBe("legacy");
    expect(classifyEra(batch(plain, { ...plain, params: modern }), null)).toBe("modern");
  });
});
