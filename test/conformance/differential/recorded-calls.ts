import { EXOTIC_SCHEME, EXOTIC_TOOLS } from "./exotic-answers.ts";

/** One request as it is written. */
export interface RecordedCall {
  readonly method: string;
  /** The server's own name for the tool or prompt, where the request names one. */
  readonly own?: string;
  /** Its params as JSON text, with the name that it is called by. */
  params(name: string): string;
  readonly idText?: string;
  /** Go along over HTTP. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Only a route of one server leads to the server that refuses this: in a project any other may have it. */
  readonly isUnknown?: true;
}

const tool = (own: string, args = "{}", meta?: string): RecordedCall => ({
  method: "tools/call",
  own,
  params: (name) => `{"name":${JSON.stringify(name)},"arguments":${args}${meta === undefined ? "" : `,"_meta":${meta}`}}`,
});
const prompt = (own: string, args = "{}"): RecordedCall => ({
  method: "prompts/get",
  own,
  params: (name) => `{"name":${JSON.stringify(name)},"arguments":${args}}`,
});
const read = (uri: string): RecordedCall => ({ method: "resources/read", params: () => JSON.stringify({ uri }) });
const complete = (own: string, argument: string, context = "{}"): RecordedCall => ({
  method: "completion/complete",
  own,
  params: (name) => `{"ref":{"type":"ref/prompt","name":${JSON.stringify(name)}},"argument":${argument},"context":${context}}`,
});

/** The reference server that has some of everything; what tells the time is left out. */
export const EVERYTHING_CALLS: readonly RecordedCall[] = [
  tool("echo", '{"message":"é \\ud83d\\ude00 \\u0041  two  spaces"}'),
  tool("echo"),
  tool("get-sum", '{"a":0.1,"b":1e21}'),
  tool("get-sum", '{"a":"one","b":2}'),
  tool("get-annotated-message", '{"messageType":"error","includeImage":true}'),
  tool("get-annotated-message", '{"messageType":"debug"}'),
  tool("get-structured-content", '{"location":"Chicago"}'),
  tool("get-resource-links", '{"count":10}'),
  tool("get-tiny-image"),
  tool("gzip-file-as-resource", '{"name":"a.gz","data":"data:text/plain,hello","outputType":"resource"}'),
  tool("trigger-long-running-operation", '{"duration":0.2,"steps":4}', '{"progressToken":"t-1"}'),
  prompt("simple-prompt"),
  prompt("args-prompt", '{"city":"Zürich","state":"ZH"}'),
  prompt("args-prompt"),
  complete("completable-prompt", '{"name":"department","value":"E"}'),
  complete("completable-prompt", '{"name":"name","value":""}', '{"arguments":{"department":"Sales"}}'),
  read("demo://resource/static/document/features.md"),
  { ...read("demo://resource/static/document/nothing.md"), isUnknown: true },
];

/** A server that keeps what it is told: it ends as it began. */
export const MEMORY_CALLS: readonly RecordedCall[] = [
  tool("read_graph"),
  tool("create_entities", '{"entities":[{"name":"Ada Ω","entityType":"person","observations":["born 1815","\\ud83d\\ude00"]}]}'),
  tool("create_relations", '{"relations":[{"from":"Ada Ω","to":"Ada Ω","relationType":"is"}]}'),
  tool("add_observations", '{"observations":[{"entityName":"Ada Ω","contents":["wrote  notes"]}]}'),
  tool("search_nodes", '{"query":"ada"}'),
  tool("open_nodes", '{"names":["Ada Ω","Nobody"]}'),
  tool("add_observations", '{"observations":[{"entityName":"Nobody","contents":["x"]}]}'),
  read("memory://knowledge-graph"),
  tool("delete_entities", '{"entityNames":["Ada Ω"]}'),
  tool("read_graph"),
];

/** Files below a folder that holds `a.txt`, `b/c.txt` and `pixel.png`; nothing is left changed. */
export function filesystemCalls(folder: string): readonly RecordedCall[] {
  const at = (name: string) => JSON.stringify(`${folder}/${name}`);
  return [
    tool("list_allowed_directories"),
    tool("list_directory", `{"path":${at("")}}`),
    tool("directory_tree", `{"path":${at("")}}`),
    tool("read_text_file", `{"path":${at("a.txt")},"head":2}`),
    tool("read_media_file", `{"path":${at("pixel.png")}}`),
    tool("read_multiple_files", `{"paths":[${at("a.txt")},${at("b/c.txt")},${at("missing")}]}`),
    tool("edit_file", `{"path":${at("a.txt")},"edits":[{"oldText":"second","newText":"2nd"}],"dryRun":true}`),
    tool("write_file", `{"path":${at("b/c.txt")},"content":"c\\n"}`),
    tool("search_files", `{"path":${at("")},"pattern":"**/*.txt"}`),
    tool("read_text_file", '{"path":"/etc/passwd"}'),
    tool("read_text_file", "{}"),
  ];
}

/** Arguments and fields beside them in every spelling that JSON allows. */
const ODD_PARAMS: readonly ((name: string) => string)[] = [
  (name) => `{"name":${JSON.stringify(name)},"arguments":{"n":[1,1.0,1e3,-0,12345678901234567890,0.10]}}`,
  (name) => `{ "arguments" :  { "s" : "\\u0041\\/\\ud83d\\ude00 \\ud800 é \u{1f600}" } , "name" : ${JSON.stringify(name)} }`,
  (name) => `{"name":${JSON.stringify(name)},"arguments":{"a":1,"a":2},"x-field":{"name":"other"},"_meta":{"example.org/k":[ 1.0 ]}}`,
  (name) => `{"name":${JSON.stringify(name)},"arguments":{"name":"inner","uri":"x","_meta":{"progressToken":1},"id":2}}`,
  (name) => `{"name":${JSON.stringify(name)},"arguments":${'{"d":['.repeat(20)}${"]}".repeat(20)}}`,
  (name) => `{"name":${JSON.stringify(name)}}`,
  (name) => `{"name":${JSON.stringify(name)},"arguments":null}`,
  (name) => `{"name":${JSON.stringify(name)},"arguments":{"long":"${"é\\u00e9 ".repeat(10_000)}"}}`,
];

const ODD_IDS = ['"\\u0061 \\ud83d\\ude00"', "12345678901234567890", '"é"', "-7", "1.0", '""'];

function exoticCalls(scheme: string): readonly RecordedCall[] {
  return [
    ...EXOTIC_TOOLS.map((own) => tool(own)),
    // Callers who share a connection have no tokens of their own on it, and get theirs back.
    tool("progress", "{}", '{"progressToken":"p\\u0041"}'),
    tool("progress", "{}", '{ "x" : 1.0 , "progressToken" : 12345678901234567890 }'),
    ...ODD_PARAMS.map((params) => ({ method: "tools/call", own: "echo_params", params })),
    ...ODD_IDS.map((idText) => ({ ...tool("echo_params"), idText })),
    prompt("spelled"),
    complete("spelled", '{"name":"a","value":"\\u0061"}'),
    read(`${scheme}://plain`),
    read(`${scheme}://a%20b?c=d`),
    { ...read(`${scheme}://t/7`), isUnknown: true },
  ];
}

export const EXOTIC_CALLS = exoticCalls(EXOTIC_SCHEME.legacy);

const LOG_LEVEL = '{"io.modelcontextprotocol/logLevel":"info"}';
const accepted = (key: string, content: string) => `{${JSON.stringify(key)}:{"action":"accept","content":${content}}}`;
const answered = (own: string, responses: string, more = ""): RecordedCall => ({
  method: "tools/call",
  own,
  params: (name) => `{"name":${JSON.stringify(name)},"arguments":{},"inputResponses":${responses}${more}}`,
});

/** What the calls of both eras are to a server of 2026-07-28, and what that one has besides. */
export const EXOTIC_MODERN_CALLS: readonly RecordedCall[] = [
  ...exoticCalls(EXOTIC_SCHEME.modern),
  tool("an_object"),
  tool("typed"),
  tool("asking"),
  answered(
    "asking",
    '{"kA" : {"action":"accept","content":{"n":1.0,"s":"\\u0061"}},"r":{"roots":[ ]}}',
    ',"requestState":"st\\u0061te \u{1f600}"',
  ),
  tool("telling"),
  tool("telling", "{}", LOG_LEVEL),
  tool("missing"),
  tool("of_another_type"),
  tool("é 😀 =?base64?"),
  { ...tool("with_header", '{"region":"été"}'), headers: { "mcp-param-region": "=?base64?w6l0w6k=?=" } },
];

/** The conformance fixture, as far as it says the same each time. */
export const FIXTURE_CALLS: readonly RecordedCall[] = [
  ...["simple_text", "image_content", "audio_content", "embedded_resource", "multiple_content_types", "error_handling"].map((name) =>
    tool(`test_${name}`),
  ),
  tool("test_tool_with_progress", "{}", '{"progressToken":"p-1"}'),
  tool("json_schema_2020_12_tool", '{"name":"a","contactMethod":"email","email":"a@b"}'),
  tool("json_schema_2020_12_tool", '{"surprise":1}'),
  prompt("test_simple_prompt"),
  prompt("test_prompt_with_arguments", '{"arg1":"é","arg2":"\\u0041"}'),
  prompt("test_prompt_with_embedded_resource", '{"resourceUri":"test://x"}'),
  prompt("test_prompt_with_image"),
  complete("test_prompt_with_arguments", '{"name":"arg1","value":"par"}'),
  read("test://static-text"),
  read("test://static-binary"),
  read("test://template/7/data"),
];

export const FIXTURE_MODERN_CALLS: readonly RecordedCall[] = [
  ...FIXTURE_CALLS,
  tool("test_tool_with_logging"),
  tool("test_tool_with_logging", "{}", LOG_LEVEL),
  ...["elicitation", "sampling", "list_roots"].map((name) => tool(`test_input_required_result_${name}`)),
  answered("test_input_required_result_elicitation", accepted("user_name", '{"name":"é"}')),
  answered("test_input_required_result_elicitation", accepted("other", "{}")),
  tool("test_missing_capability", "{}", '{"io.modelcontextprotocol/clientCapabilities":{}}'),
  prompt("test_input_required_result_prompt"),
  { ...tool("test_x_mcp_header", '{"region":"été","query":"q"}'), headers: { "mcp-param-region": "=?base64?w6l0w6k=?=" } },
  { ...read("test://nothing"), isUnknown: true },
];
