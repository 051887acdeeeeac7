import type { Client } from "@modelcontextprotocol/client";
import * as z from "zod";
import type { Scenario, ToolCall } from "./scenario.ts";

/** A server that asks where nobody hears it waits for good; all others answer in a second. */
const CALL = { timeout: 10_000 };

type Play = (client: Client, scenario: Scenario) => Promise<unknown>;

/** What a scenario wants a client to do, where it is more than to list the tools. */
const PLAYS: Readonly<Record<string, Play>> = {
  // Connecting is all; its server has no tools.
  initialize: async () => {},
  tools_call: calling({ name: "add_numbers", arguments: { a: 5, b: 3 } }),
  "elicitation-sep1034-client-defaults": calling({ name: "test_client_elicitation_defaults" }),
  "sse-retry": calling({ name: "test_reconnection" }),
  "sep-2322-client-request-state": playInputRequired,
  "request-metadata": readResource,
  "http-standard-headers": playEveryKind,
  "http-custom-headers": (client, { context }) => calling(...(context.toolCalls ?? []))(client),
  "http-invalid-tool-headers": callWhatIsListed,
  "json-schema-2020-12-preservation": echoSchema,
};

/** Plays one scenario against the server that a connected client sees. Throws what the client throws. */
export async function playScenario(client: Client, scenario: Scenario): Promise<void> {
  await (PLAYS[scenario.name] ?? ((each) => each.listTools()))(client, scenario);
}

/** A first list does not wait long for a server, and on a busy machine that is too short. */
const LISTED_LIMIT_MS = 10_000;

/** What the server offers, once the gateway has asked it. */
async function untilListed<T extends { readonly tools: readonly unknown[] }>(list: () => Promise<T>): Promise<T> {
  const end = performance.now() + LISTED_LIMIT_MS;
  for (;;) {
    const listed = await list();
    if (listed.tools.length > 0 || performance.now() > end) return listed;
    await Bun.sleep(20);
  }
}

/** Lists the tools, as a client does that has them shown to a model, and calls these. */
function calling(...calls: readonly ToolCall[]): (client: Client) => Promise<void> {
  return async (client) => {
    await untilListed(() => client.listTools());
    for (const call of calls) await client.callTool(call, CALL);
  };
}

/** One call that is unrelated while another waits for its input: nothing of the one may show up in the other. */
async function playInputRequired(client: Client): Promise<void> {
  await untilListed(() => client.listTools());
  const asking = client.callTool({ name: "test_mrtr_echo_state" }, CALL);
  await Promise.all([asking, client.callTool({ name: "test_mrtr_unrelated" }, CALL)]);
  await client.callTool({ name: "test_mrtr_no_state" }, CALL);
  await client.callTool({ name: "test_mrtr_no_result_type" }, CALL);
}

async function playEveryKind(client: Client): Promise<void> {
  await calling({ name: "test_headers" }, { name: "my-hyphenated-tool" })(client);
  const { resources } = await client.listResources();
  for (const { uri } of resources) await client.readResource({ uri });
  const { prompts } = await client.listPrompts();
  for (const { name } of prompts) await client.getPrompt({ name });
}

const ANY_RESULT = z.looseObject({});
const NAMED_TOOLS = z.looseObject({ tools: z.array(z.looseObject({ name: z.string() })) });

/** Lists are the gateway's own requests, and this server has none: only what is asked for a client says what that one offers. */
async function readResource(client: Client): Promise<void> {
  await client.listTools();
  await client.request({ method: "resources/read", params: { uri: "test://any" } }, ANY_RESULT, CALL);
}

/** Calls every tool that is listed, those too that the SDK itself would not believe in: who lists them answers for them. */
async function callWhatIsListed(client: Client): Promise<void> {
  const { tools } = await untilListed(() => client.request({ method: "tools/list" }, NAMED_TOOLS));
  for (const { name } of tools) await client.request({ method: "tools/call", params: { name, arguments: {} } }, ANY_RESULT, CALL);
}

async function echoSchema(client: Client): Promise<void> {
  const { tools } = await untilListed(() => client.listTools());
  const schema = tools.find(({ name }) => name === "json_schema_2020_12_tool")?.inputSchema;
  await client.callTool({ name: "json_schema_echo", arguments: { schema } }, CALL);
}
