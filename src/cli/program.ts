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
import { addAdoptCommand } from "./fleet/adopt-command.ts";
import { addDeployCommand } from "./fleet/deploy-command.ts";
import { addEventsCommand } from "./fleet/events-command.ts";
import { addExecCommand } from "./fleet/exec-command.ts";
import { addLifecycleCommands } from "./fleet/lifecycle-command.ts";
import { addListCommand } from "./fleet/list-command.ts";
import { addNodeCommand } from "./fleet/node-command.ts";
import { addOpsCommand } from "./fleet/ops-command.ts";
import { addPlanCommand } from "./fleet/plan-command.ts";
import { addPsCommand } from "./fleet/ps-command.ts";
import { addPullCommand } from "./fleet/pull-command.ts";
import { addPushCommand } from "./fleet/push-command.ts";
import { addRollbackCommand } from "./fleet/rollback-command.ts";
import { addRunCommand } from "./fleet/run-command.ts";
import { addServiceCommand } from "./fleet/service-command.ts";
import { addStatusCommand } from "./fleet/status-command.ts";
import { addSyncCommand } from "./fleet/sync-command.ts";
import { withConfigOption } from "./fleet/with-fleet.ts";
import { addGetCommand } from "./get-command.ts";
import { addLogsCommand } from "./logs-command.ts";
import { newProgram } from "./new-program.ts";
import type { CliDeps } from "./ports.ts";
import { addProjectCommand } from "./project-command.ts";
import { addTestCommand } from "./test-mcp-command.ts";
import { addTokenCommand } from "./token-command.ts";
import { addUpCommand } from "./up-command.ts";
import { addVerifyCommand } from "./verify-command.ts";

/** The command line `mcpctl`, also called `mcp`. */
export function createProgram(deps: CliDeps): Command {
  // Behind its command a word such as --version is the command's own, as in `create server x --arg --version`.
  const program = withConfigOption(withContextOption(newProgram("mcpctl", "Runs, guards and watches MCP servers.", deps)));
  program.enablePositionalOptions();
  addUpCommand(program, deps);
  addTestCommand(program, deps);
  addVerifyCommand(program, deps);
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
  addFleetCommands(program, deps);
  addCompletionCommand(program, deps);
  addCompleteCommand(program, deps);
  return program;
}

/** What speaks to the agents of the nodes. */
function addFleetCommands(program: Command, deps: CliDeps): void {
  addDeployCommand(program, deps);
  addRunCommand(program, deps);
  addPlanCommand(program, deps);
  addRollbackCommand(program, deps);
  addLifecycleCommands(program, deps);
  addListCommand(program, deps);
  addPsCommand(program, deps);
  addStatusCommand(program, deps);
  addSyncCommand(program, deps);
  addAdoptCommand(program, deps);
  addServiceCommand(program, deps);
  addPushCommand(program, deps);
  addPullCommand(program, deps);
  addExecCommand(program, deps);
  addEventsCommand(program, deps);
  addOpsCommand(program, deps);
  addNodeCommand(program, deps);
}
