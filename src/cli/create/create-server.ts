import { type Command, Option } from "commander";
import type { ApiClient } from "../../api/api-client.ts";
import type { BackingInput } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource, listResources } from "../kinds/kind-api.ts";
import { nodeKind } from "../kinds/node-kind.ts";
import { serverKind } from "../kinds/server-kind.ts";
import type { CliDeps } from "../ports.ts";
import { type BackingFlags, parseBackingFlags, parseRateLimit } from "./backing-flags.ts";
import { type PolicyFlags, parsePolicyFlags } from "./policy-flags.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags extends BackingFlags, PolicyFlags {
  readonly description?: string;
  readonly rateLimit?: string;
  readonly project?: readonly string[];
  readonly writeTools?: boolean;
  readonly disabled?: boolean;
  readonly output: CreateOutput;
}

const EXAMPLES = [
  "mcpctl create server docs --url https://mcp.example.org/mcp --secret-header Authorization=docs-key --project demo",
  "mcpctl create server files --command npx --arg -y --arg @modelcontextprotocol/server-filesystem --arg /srv/files",
  "mcpctl create server content --builtin content --rate-limit 600",
  "mcpctl create server ha --service ha/api --port 8080 --project demo",
  "mcpctl create server crm --url https://crm.example.org/mcp --deny-tool 'delete_*' --tool-rename q=search --concurrency 8",
];

const NOTE = `A secret is named, never given: 'mcpctl create secret NAME --value-stdin' keeps its value.
A server over a command (stdio) takes an administrator.
What is not said of rates, scopes, sizes, streams and times is as the configuration of the gateway says.
In a pattern * is any text and ? one character.`;

export function addCreateServer(create: Command, deps: CliDeps): void {
  addApiCommand(create, "server", "register an MCP server", EXAMPLES, NOTE)
    .argument("<name>", "its handle: 1-32 of a-z, 0-9 and '-'")
    .option("--url <url>", "it answers at this URL, over Streamable HTTP")
    .option("--command <program>", "it is this program, spoken to on its standard streams")
    .option("--builtin <name>", "it is one of ours")
    .option("--service <service/component>", "it is a component that an agent runs")
    .option("--node <name>", "with --service: the node that it runs on; the only one there is where it is left out")
    .option("--port <port>", "with --service: the container's port")
    .option("--path <path>", "with --service: where it answers, /mcp where it is left out")
    .option("--arg <argument>", "with --command: an argument; may be repeated", collect)
    .option("--env <name=value>", "with --command: a variable; may be repeated", collect)
    .option("--secret-env <name=secret>", "with --command: a variable with the value of a secret; may be repeated", collect)
    .option("--header <name=value>", "with --url: a header; may be repeated", collect)
    .option("--secret-header <name=secret>", "with --url: a header with the value of a secret; may be repeated", collect)
    .option("--allow-address <cidr>", "with --url: a private range that its address may lie in; may be repeated", collect)
    .addOption(
      new Option("--sharing <way>", "with --command: one process for all, or one for each session").choices(["shared", "per_session"]),
    )
    .addOption(new Option("--transport <name>", "with --url: how it is spoken to").choices(["auto", "streamable-http", "sse"]))
    .option("--rate-limit <calls>", "calls a minute that one identity may make of each method; 0 is no limit")
    .option("--write-tools", "offer the tools too that it declares to write")
    .option("--deny-tool <pattern>", "tools that are neither listed nor called, by name; may be repeated", collect)
    .option("--scope <method=scope>", "the scope that a method takes; these replace the gateway's own; may be repeated", collect)
    .option("--tool-rename <own=new>", "another name for a tool; may be repeated", collect)
    .option("--tool-description <own=text>", "another description for a tool; may be repeated", collect)
    .option("--tool-hide <own>", "a tool that is neither listed nor called; may be repeated", collect)
    .option(
      "--tool-definition <own=sha256>",
      "the digest of a tool's definition, without which it is not offered; may be repeated",
      collect,
    )
    .option("--concurrency <calls>", "calls in flight at once, of all callers")
    .option("--method-rate-limit <method=calls>", "calls a minute of a method by one identity; 0 is no limit; may be repeated", collect)
    .addOption(new Option("--stream <switch>", "whether answers may be streams of events").choices(["on", "off"]))
    .option("--idle-timeout <duration>", "how long a call may wait without a word from the server")
    .option("--total-timeout <duration>", "how long a call may take")
    .option("--max-payload-kb <kb>", "the largest request, in KiB")
    .option("--max-result-bytes <bytes>", "the largest answer")
    .option("--max-result-items <items>", "the longest list in an answer")
    .addOption(new Option("--era <era>", "the era of MCP that it speaks").choices(["auto", "legacy", "modern"]))
    .option("--probe <interval>", "how often it is asked whether it lives, as 30s, or off")
    .option("-p, --project <project>", "a project that gets it as its last server; may be repeated", collect)
    .option("--description <text>", "one line for people")
    .option("--disabled", "register it without serving it")
    .addOption(createOutputOption())
    .action(async (handle: string, flags: Flags, self: Command) => {
      const body = {
        handle,
        description: flags.description,
        backing: parseBackingFlags(flags),
        enabled: flags.disabled === true ? false : undefined,
        rateLimit: parseRateLimit(flags.rateLimit),
        writeTools: flags.writeTools,
        policy: parsePolicyFlags(flags),
        projects: flags.project,
      };
      await withApi(deps, self, async ({ api }) => {
        const backing = await onItsNode(api, body.backing);
        await printCreated(deps, serverKind, await createResource(api, serverKind, { ...body, backing }), flags.output);
      });
    });
}

/** A component whose node was not said is on the only one that there is. Throws `invalid`/`NODE_AMBIGUOUS`, `not_found`/`NODE_UNKNOWN`. */
async function onItsNode(api: ApiClient, backing: BackingInput): Promise<BackingInput> {
  if (backing.kind !== "component" || backing.node !== "") return backing;
  const { items } = await listResources(api, nodeKind, { query: {}, limit: 10 });
  const names = items.map(({ name }) => String(name));
  const [only] = names;
  if (only === undefined) {
    throw new AppError("not_found", "NODE_UNKNOWN", "There is no node yet", { hint: "make one known: mcpctl create node NAME HOST:PORT" });
  }
  if (names.length === 1) return { ...backing, node: only };
  throw new AppError("invalid", "NODE_AMBIGUOUS", "There are several nodes", { hint: `say which with --node: ${names.join(", ")}` });
}
