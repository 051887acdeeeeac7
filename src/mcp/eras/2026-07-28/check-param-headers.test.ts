import { expect, test } from "bun:test";
import fc from "fast-check";
import { checkParamHeaders } from "./check-param-headers.ts";
import { paramHeaders } from "./param-headers.ts";

const DECLARED = [
  { path: ["region"], header: "mcp-param-region" },
  { path: ["page", "size"], header: "mcp-param-size" },
];

test.each([
  ["all headers", { region: "eu", page: { size: 7 } }, { "Mcp-Param-Region": "eu", "mcp-param-size": "7" }, undefined],
  ["numbers written otherwise", { page: { size: 42 } }, { "mcp-param-size": "42.0" }, undefined],
  ["what is encoded", { region: "größe" }, { "mcp-param-region": "=?base64?Z3LDtsOfZQ==?=" }, undefined],
  ["no argument and no header", {}, {}, undefined],
  ["a header without an argument", { region: null }, { "mcp-param-region": "x" }, undefined],
  ["no arguments at all", undefined, {}, undefined],
  ["an argument without its header", { region: "eu" }, {}, -32020],
  ["another value", { region: "eu" }, { "mcp-param-region": "us" }, -32020],
  ["another number", { page: { size: 42 } }, { "mcp-param-size": "43" }, -32020],
  ["text that is no number", { page: { size: 42 } }, { "mcp-param-size": "0x2a" }, -32020],
  ["no valid encoding", { region: "a" }, { "mcp-param-region": "=?base64?YQ?=" }, -32020],
] as const)("%s", (_, args, headers, code) => {
  expect(checkParamHeaders(DECLARED, args, new Headers(headers))?.code).toBe(code);
});

test("the headers that a client makes are those that are expected, whatever the arguments", () => {
  const value = fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(fc.record({ region: value, page: fc.record({ size: value }) }), (record) => {
      const args = JSON.parse(JSON.stringify(record));
      expect(checkParamHeaders(DECLARED, args, new Headers(paramHeaders(DECLARED, args)))).toBeUndefined();
    }),
  );
});
