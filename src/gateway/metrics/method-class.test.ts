import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseBody } from "../../mcp/envelope.ts";
import { codeClass } from "./code-class.ts";
import { methodClass } from "./method-class.ts";

function classOf(body: string | undefined, httpMethod = "POST"): string {
  const message = body === undefined ? undefined : parseBody(body);
  if (message?.kind === "batch") throw new Error("a batch has no class");
  return methodClass({ message, httpMethod });
}

const request = (method: string) => JSON.stringify({ jsonrpc: "2.0", id: 1, method });

test.each([
  ["a known method", request("tools/call"), "POST", "tools/call"],
  ["a known notification", '{"jsonrpc":"2.0","method":"notifications/cancelled"}', "POST", "notifications/cancelled"],
  ["a method that a client made up", request("tools/call2"), "POST", "other"],
  ["one that every object has", request("constructor"), "POST", "other"],
  ["an answer", '{"jsonrpc":"2.0","id":1,"result":{}}', "POST", "response"],
  ["what is no message", "{", "POST", "invalid"],
  ["a body that was not read", undefined, "POST", "unread"],
  ["a stream", undefined, "GET", "listen"],
  ["the end of a session", undefined, "DELETE", "end"],
  ["a method of HTTP that there is not", undefined, "BREW", "other"],
  ["one that every object has", undefined, "toString", "other"],
])("%s", (_, body, httpMethod, expected) => {
  expect(classOf(body, httpMethod)).toBe(expected);
});

test("no client and no server makes up a label: there are as many as are written here", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.string(), fc.string(), (method, code) => {
      seen.add(classOf(request(method)));
      seen.add(codeClass(code));
    }),
  );
  expect([...seen].sort()).toEqual(["other"]);
});

test.each([
  [undefined, "ok"],
  ["rate_limited", "rate_limited"],
  ["shutting_down", "shutting_down"],
  ["tool_error", "tool_error"],
  ["UPSTREAM_LOST", "UPSTREAM_LOST"],
  ["-32602", "-32602"],
  ["-31999", "other"],
  ["EVIL_CODE", "other"],
])("the code %p is counted as %p", (code, expected) => {
  expect(codeClass(code)).toBe(expected);
});
