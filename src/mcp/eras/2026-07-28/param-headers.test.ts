import { describe, expect, test } from "bun:test";
import { paramHeaders, scanParamHeaders } from "./param-headers.ts";

const region = { type: "string", "x-mcp-header": "Region" };
const schema = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });

describe("what a schema declares", () => {
  test("is found at any depth of properties", () => {
    const deep = schema({ region, place: schema({ zip: { type: "integer", "x-mcp-header": "ZIP" } }), note: { type: "string" } });
    expect(scanParamHeaders(deep)).toEqual({
      declared: [
        { path: ["region"], header: "mcp-param-region" },
        { path: ["place", "zip"], header: "mcp-param-zip" },
      ],
    });
  });

  test.each([[undefined], [null], [true], [{}], [{ type: "object" }], [schema({ a: { type: "string" } })]])("is nothing in %j", (none) => {
    expect(scanParamHeaders(none)).toEqual({ declared: [] });
  });

  test.each([
    ["a name with a space", schema({ a: { type: "string", "x-mcp-header": "My Region" } })],
    ["a name with a line end", schema({ a: { type: "string", "x-mcp-header": "a\r\nb" } })],
    ["an empty name", schema({ a: { type: "string", "x-mcp-header": "" } })],
    ["a name that is no text", schema({ a: { type: "string", "x-mcp-header": 7 } })],
    ["a number", schema({ a: { type: "number", "x-mcp-header": "A" } })],
    ["an object", schema({ a: { type: "object", "x-mcp-header": "A" } })],
    ["no type", schema({ a: { "x-mcp-header": "A" } })],
    ["one name twice, in whatever case", schema({ a: region, b: { type: "string", "x-mcp-header": "REGION" } })],
    ["an element of a list", schema({ a: { type: "array", items: region } })],
    ["one of several schemas", schema({}, { oneOf: [schema({ a: region })] })],
    ["a definition", schema({}, { $defs: { place: region } })],
    ["the schema itself", region],
  ])("is invalid on %s", (_, invalid) => {
    expect(scanParamHeaders(invalid)).toEqual({ fault: expect.any(String) });
  });

  test("is invalid beyond any sensible depth, and costs no stack", () => {
    let deep: object = region;
    for (let level = 0; level < 100_000; level += 1) deep = schema({ a: deep });
    expect(scanParamHeaders(deep)).toEqual({ fault: "its schema is too deep" });
  });
});

describe("the headers of a call", () => {
  const declared = [
    { path: ["a"], header: "mcp-param-a" },
    { path: ["b", "c"], header: "mcp-param-c" },
  ];

  test.each([
    [
      { a: "x", b: { c: "y" } },
      { "mcp-param-a": "x", "mcp-param-c": "y" },
    ],
    [
      { a: 42, b: { c: true } },
      { "mcp-param-a": "42", "mcp-param-c": "true" },
    ],
    [{ a: "ä" }, { "mcp-param-a": "=?base64?w6Q=?=" }],
    [{ a: null, b: {} }, {}],
    [{ a: {}, b: { c: [] } }, {}],
    [{ a: 2 ** 53 }, {}],
    [undefined, {}],
    ["text", {}],
  ])("with %j are %j", (args, headers) => {
    expect(paramHeaders(declared, args)).toEqual(headers);
  });

  test("take nothing from what objects inherit", () => {
    expect(paramHeaders([{ path: ["constructor", "name"], header: "mcp-param-a" }], {})).toEqual({});
  });
});
