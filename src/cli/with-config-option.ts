import type { Command } from "commander";

export function withConfigOption(command: Command): Command {
  return command.option("--config <file>", "configuration of the fleet (default: $MCP_CONFIG, else ~/.config/mcp/mcp.toml)");
}

/** The flag `--config`, wherever it stands. */
export function configFlag(command: Command): string | undefined {
  return command.optsWithGlobals<{ config?: string }>().config;
}
