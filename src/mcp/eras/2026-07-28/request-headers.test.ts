import { expect, test } from "bun:test";
import { requestHeaders } from "./request-headers.ts";

const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
const common = { "mcp-protocol-version": "2026-07-28" };

test.each([
  ["tools/call", { name: "get_weather" }, "get_weather"],
  ["prompts/get", { name: "größe" }, "=?base64?Z3LDtsOfZQ==?="],
  ["resources/read", { uri: "file:///x" }, "file:///x"],
  ["tasks/cancel", { taskId: "t-1" }, "t-1"],
  ["tools/list", { name: "no name of a list" }, undefined],
  ["tools/call", { name: 7 }, undefined],
])("%s with %j has its revision, its method and the name %p", (method, params, name) => {
  const named = name === undefined ? {} : { "mcp-name": name };
  expect(requestHeaders(method, { ...params, _meta })).toEqual({ ...common, "mcp-method": method, ...named });
});

test.each([[{}], [{ _meta: null }], [{ _meta: { "io.modelcontextprotocol/protocolVersion": 7 } }]])(
  "a message that names no revision as text has no header for it: %j",
  (params) => {
    expect(requestHeaders("tools/list", params)).toEqual({ "mcp-method": "tools/list" });
  },
);
