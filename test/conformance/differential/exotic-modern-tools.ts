/** What an exotic server of 2026-07-28 has beside what all of them have. */

const SCHEMA = '{"type":"object"}';

/** Tools by name, each with the definition that is listed, its name left out. */
export const MODERN_TOOL_PARTS: Readonly<Record<string, string>> = {
  an_array: `"inputSchema":${SCHEMA},"outputSchema": {"type":"array", "items":{"$ref":"#/$defs/any"},"$defs":{"any":true},"x":1.0}`,
  an_object: `"inputSchema":${SCHEMA},"outputSchema":{"anyOf":[ {"type":"object"} ]}`,
  typed: `"inputSchema":${SCHEMA}`,
  asking: `"inputSchema":${SCHEMA}`,
  telling: `"inputSchema":${SCHEMA}`,
  missing: `"inputSchema":${SCHEMA}`,
  of_another_type: `"inputSchema":${SCHEMA}`,
  "é 😀 =?base64?": `"inputSchema":${SCHEMA}`,
  with_header: '"inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region","x":1.0}}}',
};

const LOG = String.raw`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"n":1.0,"s":"\u0061"},"x-l":[ ]}}`;
const QUESTIONS = String.raw`{"k\u0041":{"method":"elicitation/create","params":{"mode":"form","message":"\u00e9","requestedSchema":{"type":"object","properties":{},"x":1.0}}}, "r" : {"method":"roots/list"}}`;

const answer = (result: string) => `{"jsonrpc":"2.0","id":0,"result":${result}}`;

/** The messages that answer a call of a tool, the last of them with the id 0. */
export const MODERN_CALLS: Readonly<Record<string, (params: Readonly<Record<string, unknown>>, request: string) => readonly string[]>> = {
  an_object: () => [answer('{"resultType":"complete","content":[],"structuredContent":{"a":1.0}}')],
  typed: () => [answer('{ "content":[], "resultType" :  "complete" ,"ttlMs":1e3,"_meta":{"example.org/x":1.0} }')],
  asking: ({ inputResponses }, request) => [
    inputResponses === undefined
      ? answer(String.raw`{"resultType":"input_required","inputRequests":${QUESTIONS},"requestState":"st\u0061te \ud83d\ude00","x-i":1.0}`)
      : answer(`{"content":[{"type":"text","text":${JSON.stringify(request.slice(request.indexOf('"params"')))}}]}`),
  ],
  telling: ({ _meta }) => [...(JSON.stringify(_meta).includes("logLevel") ? [LOG, LOG] : []), answer('{"content":[]}')],
  missing: () => [
    '{"jsonrpc":"2.0","id":0,"error":{"code":-32021,"message":"no","data":{"requiredCapabilities":{"sampling":{ "tools":{} }},"x":1.0}}}',
  ],
  of_another_type: () => [answer('{"resultType":"hologram","points":[1.0]}')],
  "é 😀 =?base64?": () => [answer('{"content":[]}')],
  with_header: () => [answer('{"content":[]}')],
};
