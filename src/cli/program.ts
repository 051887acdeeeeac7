import type { Command } from "commander";
import { addContextCommand } from "./account/context-command.ts";
import { addLoginCommand } from "./account/login-command.ts";
import { addLogoutCommand } from "./account/logout-command.ts";
import { addSessionCommand } from "./account/session-command.ts";
import { addUserCommand } from "./account/user-command.ts";
import { addWhoamiCommand } from "./account/whoami-command.ts";
import { withContextOption } from "./api-command.ts";
import { addApplyCommand } from "./apply/apply-command.ts";
import { addDiffCommand } from "./apply/diff-command.ts";
import { addEditCommand } from "./apply/edit-command.ts";
import { addAuditCommand } from "./audit-command.ts";
import { addAuthCommand } from "./auth-command.ts";
import { addCompleteCommand } from "./completion/complete-command.ts";
import { addCompletionCommand } from "./completion/completion-command.ts";
import { addCreateCommand } from "./create/create-command.ts";
import { addDeleteCommand } from "./delete-command.ts";
import { addDescribeCommand } from "./describe-command.ts";
import { addGetCommand } from "./get-command.ts";
import { addLogsCommand } from "./logs-command.ts";
import { newProgram } from "./new-program.ts";
import type { CliDeps } from "./ports.ts";
import { addProjectCommand } from "./project-command.ts";
import { addTestCommand } from "./test-mcp-command.ts";
import { addTokenCommand } from "./token-command.ts";
import { addUpCommand } from "./up-command.ts";

/** The command line `mcpctl`, also called `mcp`. */
export function createProgram(deps: CliDeps): Command {
  // Behind its command a word such as --version is the command's own, as in `create server x --arg --version`.
  const program = withContextOption(newProgram("mcpctl", "Runs, guards and watches MCP servers.", deps)).enablePositionalOptions();
  addUpCommand(program, deps);
  addTestCommand(program, deps);
  addLoginCommand(program, deps);
  addLogoutCommand(program, deps);
  addWhoamiCommand(program, deps);
  addContextCommand(program, deps);
  addGetCommand(program, deps);
  addDescribeCommand(program, deps);
  addCreateCommand(program, deps);
  addEditCommand(program, deps);
  addDeleteCommand(program, deps);
  addApplyCommand(program, deps);
  addDiffCommand(program, deps);
  addProjectCommand(program, deps);
  addTokenCommand(program, deps);
  addUserCommand(program, deps);
  addSessionCommand(program, deps);
  addAuthCommand(program, deps);
  addAuditCommand(program, deps);
  addLogsCommand(program, deps);
  addCompletionCommand(program, deps);
  addCompleteCommand(program, deps);
  return program;
}
