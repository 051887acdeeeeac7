import { expect, test } from "bun:test";
import { CallSignal } from "../../core/cancel-signal.ts";
import type { UpstreamCall } from "../upstream/upstream.ts";
import { isRepeatable } from "./is-repeatable.ts";

const call = (method: string, paramsText?: string): UpstreamCall => ({
  peer: undefined,
  era: "legacy",
  idText: "1",
  method,
  paramsText,
  onNotification: undefined,
  onQuestion: undefined,
  signal: new CallSignal(),
});
const repeatable = (method: string, paramsText?: string) => isRepeatable(call(method, paramsText), (name) => name === "read");

test.each([
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "prompts/get",
  "resources/read",
  "completion/complete",
  "ping",
  "server/discover",
])("%s only reads", (method) => {
  expect(repeatable(method)).toBe(true);
});

test.each(["logging/setLevel", "resources/subscribe", "initialize", "tasks/cancel", "toString"])("%s is not known to", (method) => {
  expect(repeatable(method)).toBe(false);
});

test("of a tool its server's word counts, by its own name", () => {
  expect(repeatable("tools/call", '{"name":"read","arguments":{"name":"write"}}')).toBe(true);
  expect(repeatable("tools/call", '{"name":"write","arguments":{"name":"read"}}')).toBe(false);
  for (const none of ["{}", '{"name":7}', undefined]) expect(repeatable("tools/call", none)).toBe(false);
});
