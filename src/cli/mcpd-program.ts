import type { Command } from "commander";
import { addListServersCommand } from "./list-servers-command.ts";
import { addServeCommand } from "./mcpd-serve-command.ts";
import { addWorkerCommand } from "./mcpd-worker-command.ts";
import { newProgram } from "./new-program.ts";
import type { McpdDeps } from "./ports.ts";
import { addResetPasswordCommand } from "./reset-password-command.ts";
import { addSyncWorkersCommand } from "./sync-workers-command.ts";
import { addTestServersCommand } from "./test-servers-command.ts";

/** The command line `mcpd`. */
export function createMcpdProgram(deps: McpdDeps): Command {
  const program = newProgram("mcpd", "The control plane: projects, servers, tokens and their audit.", deps);
  program.addHelpText("after", "\n'mcpctl up' runs the control plane and the gateway in one process.\n");
  addServeCommand(program, deps);
  addResetPasswordCommand(program, deps);
  addListServersCommand(program, deps);
  addTestServersCommand(program, deps);
  addWorkerCommand(program, deps);
  addSyncWorkersCommand(program, deps);
  return program;
}
