import type { Command } from "commander";
import { AppError } from "../core/app-error.ts";
import { newProgram } from "./new-program.ts";
import type { CliOutput } from "./ports.ts";

const AFTER_HELP =
  "\nIn this version 'mcp-agent' has no commands of its own. 'mcpctl up' runs the control plane and the gateway in one process.\n";

/** The command line `mcp-agent`, which has no commands yet: it says so and names what there is. */
export function createAgentProgram(output: CliOutput): Command {
  const program = newProgram("mcp-agent", "The node daemon: runs components in containers.", output).addHelpText("after", AFTER_HELP);
  program.on("command:*", ([word]: string[]) => {
    throw new AppError("invalid", "COMMAND_UNKNOWN", `mcp-agent has no command '${word}' in this version`, {
      hint: "'mcpctl up' runs the control plane and the gateway in one process",
    });
  });
  return program;
}
