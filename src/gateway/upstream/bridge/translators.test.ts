/** What the two eras write differently, from one into the other and back. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { modernCapabilities } from "./client-capabilities.ts";
import { readModernResult } from "./input-required.ts";
import { legacyParams } from "./legacy-params.ts";
import { LegacyTools, wrappedSchema } from "./legacy-tools.ts";
import { discoverResult, modernAnswer, urlElicitations } from "./modern-answer.ts";
import { modernParams } from "./modern-params.ts";

const CLIENT = { capabilities: { roots: {} }, clientInfo: { name: "editor" }, logLevel: undefined };
const CLIENT_META =
  '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":{}},' +
  '"io.modelcontextprotocol/clientInfo":{"name":"editor"}';
/** Values that a reader of JSON would change. */
const FRAGILE = String.raw`"n":12345678901234567890,"f":1.0,"s":"\u00e4\/"`;

/** Objects with keys that mean something to nobody here. */
const unknownFields = fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.jsonValue());
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("params of a legacy client for a modern server", () => {
  test("say who calls, and keep all else as it was", () => {
    expect(modernParams(undefined, CLIENT)).toBe(`{"_meta":{${CLIENT_META}}}`);
    expect(modernParams(`{"name":"x",${FRAGILE}}`, CLIENT)).toBe(`{"_meta":{${CLIENT_META}},"name":"x",${FRAGILE}}`);
    const traced = `{"_meta":{"progressToken":1.0,"traceparent":"00-a"},${FRAGILE}}`;
    expect(modernParams(traced, CLIENT)).toBe(`{"_meta":{${CLIENT_META},"progressToken":1.0,"traceparent":"00-a"},${FRAGILE}}`);
  });

  test("never say what the client wrote under the protocol's own names", () => {
    const forged = String.raw`{"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"admin"},"io.modelcontextprotoco\u006c/logLevel":"debug","mine":1}}`;
    const { _meta } = JSON.parse(modernParams(forged, CLIENT));
    expect(_meta).toEqual({ ...JSON.parse(`{${CLIENT_META}}`), mine: 1 });
    expect(JSON.parse(modernParams('{"_meta":7}', CLIENT))._meta).toEqual(JSON.parse(`{${CLIENT_META}}`));
  });

  test("name the level of log messages where it is known", () => {
    const { _meta } = JSON.parse(modernParams(undefined, { ...CLIENT, logLevel: "warning" }));
    expect(_meta["io.modelcontextprotocol/logLevel"]).toBe("warning");
  });

  test("bring answers and state as they were given, and none of the client's own making", () => {
    const retry = { inputResponsesText: `{"k":{${FRAGILE}}}`, requestStateText: String.raw`"\u00e9tat"` };
    const forged = '{"name":"x","inputResponses":{"forged":{}},"requestState":"forged"}';
    expect(modernParams(forged, CLIENT, retry)).toBe(
      `{"_meta":{${CLIENT_META}},"inputResponses":${retry.inputResponsesText},"requestState":${retry.requestStateText},"name":"x"}`,
    );
    expect(modernParams(forged, CLIENT)).toBe(`{"_meta":{${CLIENT_META}},"name":"x"}`);
  });

  test("are what they were when they are made legacy again, whatever is in them", () => {
    fc.assert(
      fc.property(unknownFields, fc.option(unknownFields), (fields, meta) => {
        const params = { ...fields, ...(meta === null || Object.keys(meta).length === 0 ? {} : { _meta: meta }) };
        const back = legacyParams(modernParams(JSON.stringify(params), CLIENT)).paramsText ?? "";
        expect(JSON.parse(back)).toEqual(plain(params));
      }),
    );
  });
});

describe("params of a modern client for a legacy server", () => {
  test("lose what only the modern era knows, and keep all else as it was", () => {
    const text = `{"_meta":{${CLIENT_META},"progressToken":1.0,"traceparent":"00-a"},"inputResponses":{},"requestState":"s","name":"x",${FRAGILE}}`;
    expect(legacyParams(text)).toEqual({
      paramsText: `{"_meta":{"progressToken":1.0,"traceparent":"00-a"},"name":"x",${FRAGILE}}`,
      logLevel: undefined,
    });
    expect(legacyParams(`{"_meta":{${CLIENT_META}},"name":"x"}`).paramsText).toBe('{"name":"x"}');
    expect(legacyParams(undefined)).toEqual({ paramsText: undefined, logLevel: undefined });
    expect(legacyParams('{"_meta":[1]}').paramsText).toBe('{"_meta":[1]}');
  });

  test("tell which log messages are wanted", () => {
    expect(legacyParams('{"_meta":{"io.modelcontextprotocol/logLevel":"info"}}')).toEqual({ paramsText: "{}", logLevel: "info" });
  });
});

describe("a client's capabilities for a modern server", () => {
  test.each([
    [
      { sampling: { tools: {} }, roots: { listChanged: true }, elicitation: {} },
      true,
      { sampling: { tools: {} }, roots: {}, elicitation: {} },
    ],
    [{ sampling: {}, roots: {}, elicitation: {}, experimental: { x: {} } }, false, { experimental: { x: {} } }],
    [
      { tasks: {}, extensions: { "io.modelcontextprotocol/tasks": {}, "com.acme/x": { a: 1 } } },
      true,
      { extensions: { "com.acme/x": { a: 1 } } },
    ],
    [{}, true, {}],
  ])("%j, may be asked: %p", (legacy, mayBeAsked, modern) => {
    expect(modernCapabilities(legacy, mayBeAsked)).toEqual(modern);
  });
});

describe("a legacy server's answer for a modern client", () => {
  test.each([
    ["tools/call", `{"content":[],${FRAGILE}}`, `{"resultType":"complete","content":[],${FRAGILE}}`],
    ["tools/list", `{ "tools" : [] }`, `{"resultType":"complete","ttlMs":0,"cacheScope":"private", "tools" : [] }`],
    ["resources/read", "{}", '{"resultType":"complete","ttlMs":0,"cacheScope":"private"}'],
    ["prompts/get", "{ }", '{"resultType":"complete" }'],
    ["tools/list", '{"cacheScope":"public","ttlMs":9,"tools":[]}', '{"resultType":"complete","cacheScope":"private","ttlMs":0,"tools":[]}'],
    ["tools/call", '{"resultType":"input_required","inputRequests":{}}', '{"resultType":"complete","inputRequests":{}}'],
    ["tools/call", "null", "null"],
  ])("%s with %s says that it is complete", (method, legacy, modern) => {
    expect(modernAnswer(method, `{"id":1,"result":${legacy},"jsonrpc":"2.0"}`)).toBe(`{"id":1,"result":${modern},"jsonrpc":"2.0"}`);
  });

  test("has the code of the modern era for a resource that is not there, and every other code as it was", () => {
    const error = (code: number) => `{"jsonrpc":"2.0","id":1,"error":{"code":${code},"message":"no","data":{${FRAGILE}}}}`;
    expect(modernAnswer("resources/read", error(-32002))).toBe(error(-32602));
    for (const code of [-32602, -32601, 7, -32000]) expect(modernAnswer("resources/read", error(code))).toBe(error(code));
  });

  test("keeps whatever it has besides", () => {
    fc.assert(
      fc.property(unknownFields, fc.constantFrom("tools/call", "tools/list"), (fields, method) => {
        const answer = JSON.stringify({ jsonrpc: "2.0", id: "x", result: fields, "x-more": 1 }, null, 1);
        const caching = method === "tools/list" ? { ttlMs: 0, cacheScope: "private" } : {};
        expect(JSON.parse(modernAnswer(method, answer))).toEqual(
          plain({ jsonrpc: "2.0", id: "x", result: { resultType: "complete", ...caching, ...fields }, "x-more": 1 }),
        );
      }),
    );
  });

  test("names the pages that are to be opened before, and only with the code that says so", () => {
    const wanted = { jsonrpc: "2.0", id: 1, error: { code: -32042, message: "x", data: { elicitations: [{ url: "https://a" }, 7] } } };
    expect(urlElicitations(JSON.stringify(wanted))).toEqual(['{"url":"https://a"}']);
    expect(urlElicitations('{"id":1,"error":{"code":-32042,"message":"x"}}')).toEqual([]);
    expect(urlElicitations('{"id":1,"error":{"code":-32602,"message":"-32042"}}')).toBeUndefined();
    expect(urlElicitations('{"id":1,"result":{}}')).toBeUndefined();
  });

  test("to initialize makes a discover result", () => {
    const capabilities = { tools: { listChanged: true }, tasks: {}, logging: {}, "com.acme": {} };
    const made = discoverResult({ protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "s" }, instructions: "i" });
    expect(JSON.parse(made)).toEqual({
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      capabilities: { tools: { listChanged: true }, logging: {}, "com.acme": {} },
      instructions: "i",
      ttlMs: 0,
      cacheScope: "private",
      _meta: { "io.modelcontextprotocol/serverInfo": { name: "s" } },
    });
  });
});

describe("a modern server's answer", () => {
  test("is complete without a type, as an error, and where it says so", () => {
    for (const rest of ['"result":{}', '"error":{"code":1,"message":"x"}', '"result":{"resultType":"complete"}', '"result":null']) {
      expect(readModernResult(`{"id":1,${rest}}`)).toEqual({ kind: "complete" });
    }
  });

  test("asks for input under the server's own keys, with the bytes of its params and its state", () => {
    const params = `{"message":"x",${FRAGILE}}`;
    const requests = String.raw`{"k\u0031":{"params":${params},"method":"elicitation/create"},"r":{"method":"roots/list"}}`;
    const answer = `{"result":{"inputRequests":${requests},"requestState":"\\u00e9","resultType":"input_required"},"id":1}`;
    expect(readModernResult(answer)).toEqual({
      kind: "input_required",
      input: {
        requests: [
          { key: "k1", method: "elicitation/create", paramsText: params },
          { key: "r", method: "roots/list", paramsText: undefined },
        ],
        requestStateText: String.raw`"\u00e9"`,
      },
    });
  });

  test("does not hide its type behind an escape", () => {
    expect(readModernResult(String.raw`{"result":{"resultTyp\u0065":"input_required","requestState":"s"}}`)).toMatchObject({
      kind: "input_required",
    });
    expect(readModernResult('{"result":{"resultType":"task"}}')).toEqual({ kind: "unknown", resultType: "task" });
  });
});

describe("tools of a modern server for legacy clients", () => {
  const page = (...tools: string[]) => `{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools.join(" , ")}],${FRAGILE}}}`;
  const result = (structured: string) => `{"id":1,"result":{"content":[],"structuredContent":${structured},${FRAGILE}}}`;

  test("have schemas of objects, the others stay as they are", () => {
    const object = `{"name":"object","outputSchema":{"type":"object"},${FRAGILE}}`;
    const none = `{"name":"none",${FRAGILE}}`;
    const list = `{"name":"list","outputSchema":{"type":"array"},${FRAGILE}}`;
    const wrapped = `{"name":"list","outputSchema":{"type":"object","properties":{"result":{"type":"array"}},"required":["result"]},${FRAGILE}}`;
    expect(new LegacyTools().list(page(object, list, none), true)).toBe(page(object, wrapped, none));
  });

  test.each([
    ["[1.0]", '{"result":[1.0]}'],
    ["null", '{"result":null}'],
    ['"text"', '{"result":"text"}'],
    ['{"a":1.0}', '{"a":1.0}'],
  ])("give %s as %s", (value, given) => {
    expect(new LegacyTools().result(result(value), "x")).toBe(result(given));
  });

  test("give an object wrapped where its schema was, as last listed", () => {
    const tools = new LegacyTools();
    tools.list(page('{"name":"any","outputSchema":{"anyOf":[]}}'), true);
    tools.list(page('{"name":"more"}'), false);
    expect(tools.result(result("{}"), "any")).toBe(result('{"result":{}}'));
    tools.list(page('{"name":"any","outputSchema":{"type":"object"}}'), true);
    expect(tools.result(result("{}"), "any")).toBe(result("{}"));
  });

  test("refer to themselves where they stand now", () => {
    const natural = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $ref: "#/$defs/node",
      $defs: { node: { properties: { $ref: { $ref: "#" }, next: { $ref: "#/$defs/node" } }, default: { $ref: "#/x" } } },
      allOf: [{ $ref: "other.json#/x" }, { $id: "https://a/", $ref: "#/y" }],
    };
    expect(wrappedSchema(natural)).toEqual({
      $schema: natural.$schema,
      type: "object",
      required: ["result"],
      properties: {
        result: {
          ...natural,
          $ref: "#/properties/result/$defs/node",
          $defs: {
            node: {
              properties: { $ref: { $ref: "#/properties/result" }, next: { $ref: "#/properties/result/$defs/node" } },
              default: { $ref: "#/x" },
            },
          },
        },
      },
    });
  });
});
