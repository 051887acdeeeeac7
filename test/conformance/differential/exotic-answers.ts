import type { Era } from "../../../src/mcp/classify.ts";
import { createLocator } from "../../../src/mcp/json-span.ts";
import { MODERN_CALLS, MODERN_TOOL_PARTS } from "./exotic-modern-tools.ts";

/**
 * What a server may send that no library of ours would write: fields and types that nobody knows, numbers and escapes
 * in unusual spelling, white space where it is allowed. A hop that reads it and writes it anew shows at once.
 */

const SCHEMA = '{"type":"object"}';
const BIG_BYTES = 5 * 1024 * 1024;

/** Tools by name, each with the definition that is listed, its name left out. */
const TOOL_PARTS: Readonly<Record<string, string>> = {
  echo_params: '"description":"Says back what it got","inputSchema":{"type":"object","additionalProperties":true}',
  unknown_fields: `"x-vendor":{"a":[1,2.0,{"b":null}]},"inputSchema":${SCHEMA},"annotations":{"readOnlyHint":true,"x-cost":1.50},"icons":[],"execution":{"x":1}`,
  references:
    '"inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","$defs":{"a":{"$anchor":"a","type":"string"}},"properties":{"p":{"$ref":"#/$defs/a"},"q":{"$ref":"https://schemas.example/q.json"},"r":{"$dynamicRef":"#a"}},"unevaluatedProperties":false}',
  spaced: `"description" :  "two  spaces" , "inputSchema"\t:\t{ "type" : "object" ,  "properties" : { } }`,
  spelled: `"description":"\\u0061\\/\\ud83d\\ude00 \\ud800 é \u{1f600} \u2028\\u2028","inputSchema":{"type":"object","maxProperties":12345678901234567890,"x":1.0,"y":1e3,"z":-0}`,
  "dotted.name-and_more": `"inputSchema":${SCHEMA}`,
  [`long_${"n".repeat(90)}`]: `"inputSchema":${SCHEMA}`,
  big: `"inputSchema":${SCHEMA}`,
  big_blob: `"inputSchema":${SCHEMA}`,
  progress: `"inputSchema":${SCHEMA}`,
  failing: `"inputSchema":${SCHEMA}`,
  refusing: `"inputSchema":${SCHEMA}`,
};

/** Values of `structuredContent`, by the tool that answers with them; the revision of the session does not matter to who passes it on. */
const STRUCTURED: Readonly<Record<string, string>> = {
  an_array: '[1,1.0,"1",[],{}]',
  a_number: "1.0",
  a_big_number: "123456789012345678901234567890",
  a_small_number: "1.000000000000000000000000001e-400",
  a_string: '"\\ud83d\\ude00\\u00e9\\/"',
  null_itself: "null",
  true_itself: "true",
  twice: '{"a":1,"a":2,"\\u0061":3}',
  nested: `${'{"d":['.repeat(20)}${"]}".repeat(20)}`,
  spaces: '{  "a"  :  [  1  ,  2  ]  }',
  own_id: '{"id":7,"jsonrpc":"1.0","result":{"id":8},"params":{"name":"x"}}',
  prototype: '{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}',
};

/** All tools of both eras in the order in which they are listed. */
export const EXOTIC_TOOLS: readonly string[] = [...Object.keys(TOOL_PARTS), ...Object.keys(STRUCTURED)];

export const CAPABILITIES = { tools: {}, prompts: {}, resources: {}, completions: {} };

const text = (value: string) => `{"type":"text","text":${value}}`;

/** Results of other tools, as the text of the `result`. */
const RESULTS: Readonly<Record<string, () => string>> = {
  unknown_fields: () =>
    '{"content":[{"type":"text","text":"a","x-part":1.0,"annotations":{"x":[ ]}},{"type":"hologram","points":[[0.10,1E2]],"of":{"type":"text"}},{"type":"text","text":""}],"_meta":{"example.org/k":{"deep":{}}},"x-result":  true ,"isError":false}',
  references: () => '{"content":[{"type":"resource_link","uri":"exotic://a%20b?c=d#e","name":"n","x":0}]}',
  spaced: () => '{ "content" : [ { "type" : "text" ,  "text" : "two  spaces\\tand a tab" } ] }',
  spelled: () => `{"content":[${text('"\\u0061\\/\\ud83d\\ude00 \\ud800 \\udc00 é \u{1f600} \u2028 \\u0000 \\b\\f\u007f"')}]}`,
  "dotted.name-and_more": () => '{"content":[]}',
  [`long_${"n".repeat(90)}`]: () => '{"content":[]}',
  big: () => `{"content":[${text(`"${"é\\u00e9\u{1f600}  ".repeat(BIG_BYTES / 16)}"`)}],"x-after":1.0}`,
  big_blob: () =>
    `{"content":[{"type":"resource","resource":{"uri":"exotic://big","blob":"${"QUJD".repeat(BIG_BYTES / 4)}","mimeType":"application/octet-stream"}}]}`,
  progress: () => '{"content":[]}',
  failing: () => `{"isError":true,"content":[${text('"it did not work"')}],"structuredContent":{"why":1.0}}`,
};

/** In a project the servers of an era stand for each other. */
export const EXOTIC_SCHEME: Readonly<Record<Era, string>> = { legacy: "exotic", modern: "exotic-modern" };

function resourcesOf(era: Era): Readonly<Record<string, string>> {
  const plain = `${EXOTIC_SCHEME[era]}://plain`;
  return {
    [plain]: `{"contents":[{"uri":"${plain}","text":"a","x-of":{"n":1.0}}]}`,
    [`${EXOTIC_SCHEME[era]}://a%20b?c=d`]: '{"contents":[ ]}',
  };
}

const locateParams = createLocator(["params"]);
const locateToken = createLocator(["params", "_meta", "progressToken"]);
const locateId = createLocator(["id"]);

/** The messages with which a server of an era answers a request, the last of them with its id; none for a notification. */
export function answersTo(request: string, era: Era): readonly string[] {
  const [id] = locateId(request).spans;
  if (id === undefined) return [];
  const idText = request.slice(id.start, id.end);
  const { method, params } = JSON.parse(request) as { readonly method: string; readonly params?: Readonly<Record<string, unknown>> };
  if (ONLY_IN[method] !== undefined && ONLY_IN[method] !== era) return [unknownMethod(idText)];
  const own = era === "modern" && method === "tools/call" ? MODERN_CALLS[String(params?.name)]?.(params ?? {}, request) : undefined;
  if (own !== undefined) return own.map((message) => message.replace('"id":0', `"id":${idText}`));
  const result = resultOf(method, params ?? {}, request, era);
  if (result === undefined) return [refusal(idText)];
  // The id may stand anywhere.
  const answer =
    params?.name === "spaced"
      ? `{ "result" : ${result} , "id" : ${idText} , "jsonrpc" : "2.0" }`
      : `{"jsonrpc":"2.0","id":${idText},"result":${result}}`;
  return params?.name === "progress" ? [...progressOf(request), answer] : [answer];
}

const ONLY_IN: Readonly<Record<string, Era | "none">> = {
  initialize: "legacy",
  ping: "legacy",
  "server/discover": "modern",
  "subscriptions/listen": "none",
};

function unknownMethod(idText: string): string {
  return `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32601,"message":"\\u0041n unknown method"}}`;
}

function refusal(idText: string): string {
  return `{"jsonrpc":"2.0","id":${idText},"error":{"code":-32050,"message":"\\u0041 refusal","data":{"big":12345678901234567890,"x":[ 1.0 ]},"x-error":true}}`;
}

function progressOf(request: string): string[] {
  const [span] = locateToken(request).spans;
  if (span === undefined) return [];
  const token = request.slice(span.start, span.end);
  return [0.5, 1].map(
    (progress) =>
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":${progress},"progressToken":${token},"x-p":1.0}}`,
  );
}

function resultOf(method: string, params: Readonly<Record<string, unknown>>, request: string, era: Era): string | undefined {
  if (method === "initialize") return initializeResult(String(params.protocolVersion));
  if (method === "ping") return "{}";
  if (method === "server/discover") return DISCOVERED;
  if (method === "tools/list") return toolPage(params.cursor === "2", era);
  if (method === "tools/call") return callResult(String(params.name), request);
  if (method === "resources/list")
    return `{"resources":[${Object.keys(resourcesOf(era)).map((uri) => `{"uri":${JSON.stringify(uri)},"name":"r","x-r":1.0,"size":1e3}`)}]}`;
  if (method === "resources/templates/list")
    return `{"resourceTemplates":[{"uriTemplate":"${EXOTIC_SCHEME[era]}://t/{id}","name":"t","x-t":[ ]}]}`;
  if (method === "resources/read") return resourcesOf(era)[String(params.uri)];
  if (method === "prompts/list") return '{"prompts":[{"name":"spelled","arguments":[{"name":"a","x-a":null}],"x-p":"\\u0061"}]}';
  if (method === "prompts/get") return '{"messages":[{"role":"user","content":{"type":"hologram","x":1.0}}],"x-m":"\\ud800"}';
  if (method === "completion/complete") return '{"completion":{"values":["\\u0061"],"total":1e1,"x-c":1.0}}';
  return undefined;
}

function initializeResult(protocolVersion: string): string {
  return JSON.stringify({ protocolVersion, capabilities: CAPABILITIES, serverInfo: { name: "exotic", version: "1" } });
}

const DISCOVERED = JSON.stringify({
  resultType: "complete",
  supportedVersions: ["2026-07-28"],
  capabilities: CAPABILITIES,
  ttlMs: 0,
  cacheScope: "private",
});

/** Two pages, so that who collects them has something to join. */
function toolPage(isSecond: boolean, era: Era): string {
  const parts: Readonly<Record<string, string>> = era === "legacy" ? TOOL_PARTS : { ...TOOL_PARTS, ...MODERN_TOOL_PARTS };
  const names = new Set([...EXOTIC_TOOLS, ...Object.keys(parts)]);
  const definitions = [...names].map((name) => `{"name":${JSON.stringify(name)},${parts[name] ?? `"inputSchema":${SCHEMA}`}}`);
  const half = Math.ceil(definitions.length / 2);
  if (isSecond) return `{"tools":[${definitions.slice(half).join(" , ")}]}`;
  return `{"tools":[ ${definitions.slice(0, half).join(" ,  ")} ],"nextCursor":"2"}`;
}

function callResult(name: string, request: string): string | undefined {
  if (name === "echo_params") return echoed(request);
  const structured = STRUCTURED[name];
  if (structured !== undefined) return `{"content":[],"structuredContent":${structured}}`;
  return RESULTS[name]?.();
}

function echoed(request: string): string {
  const [span] = locateParams(request).spans;
  const params = span === undefined ? "" : request.slice(span.start, span.end);
  return `{"content":[${text(JSON.stringify(params))}]}`;
}
