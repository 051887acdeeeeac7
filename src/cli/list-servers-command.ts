import { type Command, Option } from "commander";
import { AppError } from "../core/app-error.ts";
import { printableJson } from "../core/printable-json.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { McpdDeps } from "./ports.ts";
import { renderServers } from "./render-servers.ts";

interface Flags {
  readonly output: "table" | "json";
  readonly dataDir?: string;
}

/** `emcp:list-servers`: what servers there are and how they are. Exit 1 where none is enabled. */
export function addListServersCommand(program: Command, deps: McpdDeps): void {
  program
    .command("emcp:list-servers")
    .description("list the servers with their state and number of tools")
    .addOption(new Option("-o, --output <format>", "format of the list").choices(["table", "json"]).default("table"))
    .option("--data-dir <folder>", "data folder of the instance (default: your data folder)")
    .action(async (flags: Flags) => listServers(flags, deps));
}

async function listServers(flags: Flags, deps: McpdDeps): Promise<void> {
  const rows = await deps.listServers({ dataDir: parsePathFlag("--data-dir", flags.dataDir) });
  if (flags.output === "json") deps.stdout(`${printableJson(rows, 2)}\n`);
  else if (rows.length > 0) deps.stdout(renderServers(rows));
  if (!rows.some((row) => row.enabled)) throw new AppError("precondition", "NO_SERVER_ENABLED", "No enabled server is listed");
}
