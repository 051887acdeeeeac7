import type { Command } from "commander";
import { newProgram } from "./new-program.ts";
import type { CliDeps } from "./ports.ts";
import { addTestCommand } from "./test-mcp-command.ts";
import { addUpCommand } from "./up-command.ts";

/** The command line `mcpctl`, also called `mcp`. */
export function createProgram(deps: CliDeps): Command {
  const program = newProgram("mcpctl", "Runs, guards and watches MCP servers.", deps);
  addUpCommand(program, deps);
  addTestCommand(program, deps);
  return program;
}
