import type { Command } from "commander";
import { AppError } from "../core/app-error.ts";
import { newProgram } from "./new-program.ts";
import type { CliOutput } from "./ports.ts";

const DESCRIPTIONS = {
  mcplocal: "The gateway: one endpoint in front of many MCP servers.",
  "mcp-agent": "The node daemon: runs components in containers.",
} as const;

export type BareRole = keyof typeof DESCRIPTIONS;

/** A role that has no commands of its own in this version: it says so and names what there is. */
export function createRoleProgram(role: BareRole, output: CliOutput): Command {
  const note = `\nIn this version '${role}' has no commands of its own. 'mcpctl up' runs the control plane and the gateway in one process.\n`;
  const program = newProgram(role, DESCRIPTIONS[role], output).addHelpText("after", note);
  program.on("command:*", ([word]: string[]) => {
    throw new AppError("invalid", "COMMAND_UNKNOWN", `${role} has no command '${word}' in this version`, {
      hint: "'mcpctl up' runs the control plane and the gateway in one process",
    });
  });
  return program;
}
