import type { Command } from "commander";
import { addApiCommand, collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { createResource } from "../kinds/kind-api.ts";
import { serverKind } from "../kinds/server-kind.ts";
import type { CliDeps } from "../ports.ts";
import { type BackingFlags, parseBackingFlags, parseRateLimit } from "./backing-flags.ts";
import { type CreateOutput, createOutputOption, printCreated } from "./print-created.ts";

interface Flags extends BackingFlags {
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
];

const NOTE = `A secret is named, never given: 'mcpctl create secret NAME --value-stdin' keeps its value.
A server over a command (stdio) takes an administrator.`;

export function addCreateServer(create: Command, deps: CliDeps): void {
  addApiCommand(create, "server", "register an MCP server", EXAMPLES, NOTE)
    .argument("<name>", "its handle: 1-32 of a-z, 0-9 and '-'")
    .option("--url <url>", "it answers at this URL, over Streamable HTTP")
    .option("--command <program>", "it is this program, spoken to on its standard streams")
    .option("--builtin <name>", "it is one of ours")
    .option("--arg <argument>", "with --command: an argument; may be repeated", collect)
    .option("--env <name=value>", "with --command: a variable; may be repeated", collect)
    .option("--secret-env <name=secret>", "with --command: a variable with the value of a secret; may be repeated", collect)
    .option("--header <name=value>", "with --url: a header; may be repeated", collect)
    .option("--secret-header <name=secret>", "with --url: a header with the value of a secret; may be repeated", collect)
    .option("--allow-address <cidr>", "with --url: a private range that its address may lie in; may be repeated", collect)
    .option("--rate-limit <calls>", "calls a minute that one identity may make")
    .option("--write-tools", "offer the tools too that it declares to write")
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
        projects: flags.project,
      };
      await withApi(deps, self, async ({ api }) =>
        printCreated(deps, serverKind, await createResource(api, serverKind, body), flags.output),
      );
    });
}
