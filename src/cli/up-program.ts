import type { Command } from "commander";
import { newProgram } from "./new-program.ts";
import type { CliOutput } from "./ports.ts";
import { addUpCommand } from "./up-command.ts";

/** The part of `mcpctl` that serves: the other commands would stay in its memory for as long as it runs. */
export function createUpProgram(deps: CliOutput & Parameters<typeof addUpCommand>[1]): Command {
  const program = newProgram("mcpctl", "Runs, guards and watches MCP servers.", deps);
  addUpCommand(program, deps);
  return program;
}
