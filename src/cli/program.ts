import type { Command } from "commander";
import { withContextOption } from "./api-command.ts";
import { newProgram } from "./new-program.ts";
import type { CliDeps } from "./ports.ts";
import { withConfigOption } from "./with-config-option.ts";

/** Commands of one file. */
export interface CommandFile {
  /** The words that each of them answers to. */
  readonly words: readonly string[];
  load(): Promise<(program: Command, deps: CliDeps) => void>;
}

/** In the order of the help. */
export const COMMAND_FILES: readonly CommandFile[] = [
  { words: ["up"], load: async () => (await import("./up-command.ts")).addUpCommand },
  { words: ["test"], load: async () => (await import("./test-mcp-command.ts")).addTestCommand },
  { words: ["verify"], load: async () => (await import("./verify-command.ts")).addVerifyCommand },
  { words: ["login"], load: async () => (await import("./account/login-command.ts")).addLoginCommand },
  { words: ["logout"], load: async () => (await import("./account/logout-command.ts")).addLogoutCommand },
  { words: ["whoami"], load: async () => (await import("./account/whoami-command.ts")).addWhoamiCommand },
  { words: ["context"], load: async () => (await import("./account/context-command.ts")).addContextCommand },
  { words: ["get"], load: async () => (await import("./get-command.ts")).addGetCommand },
  { words: ["describe"], load: async () => (await import("./describe-command.ts")).addDescribeCommand },
  { words: ["create"], load: async () => (await import("./create/create-command.ts")).addCreateCommand },
  { words: ["edit"], load: async () => (await import("./apply/edit-command.ts")).addEditCommand },
  { words: ["delete"], load: async () => (await import("./delete-command.ts")).addDeleteCommand },
  { words: ["apply"], load: async () => (await import("./apply/apply-command.ts")).addApplyCommand },
  { words: ["diff"], load: async () => (await import("./apply/diff-command.ts")).addDiffCommand },
  { words: ["project"], load: async () => (await import("./project-command.ts")).addProjectCommand },
  { words: ["token", "mcptoken"], load: async () => (await import("./token-command.ts")).addTokenCommand },
  { words: ["user"], load: async () => (await import("./account/user-command.ts")).addUserCommand },
  { words: ["session"], load: async () => (await import("./account/session-command.ts")).addSessionCommand },
  { words: ["auth"], load: async () => (await import("./auth-command.ts")).addAuthCommand },
  { words: ["audit"], load: async () => (await import("./audit-command.ts")).addAuditCommand },
  { words: ["logs"], load: async () => (await import("./logs-command.ts")).addLogsCommand },
  { words: ["dispatch"], load: async () => (await import("./dispatch/dispatch-command.ts")).addDispatchCommand },
  { words: ["cancel"], load: async () => (await import("./cancel-command.ts")).addCancelCommand },
  // What speaks to the agents of the nodes.
  { words: ["deploy"], load: async () => (await import("./fleet/deploy-command.ts")).addDeployCommand },
  { words: ["run"], load: async () => (await import("./fleet/run-command.ts")).addRunCommand },
  { words: ["plan"], load: async () => (await import("./fleet/plan-command.ts")).addPlanCommand },
  { words: ["rollback"], load: async () => (await import("./fleet/rollback-command.ts")).addRollbackCommand },
  { words: ["stop", "start", "restart"], load: async () => (await import("./fleet/lifecycle-command.ts")).addLifecycleCommands },
  { words: ["list"], load: async () => (await import("./fleet/list-command.ts")).addListCommand },
  { words: ["ps"], load: async () => (await import("./fleet/ps-command.ts")).addPsCommand },
  { words: ["status"], load: async () => (await import("./fleet/status-command.ts")).addStatusCommand },
  { words: ["sync"], load: async () => (await import("./fleet/sync-command.ts")).addSyncCommand },
  { words: ["adopt"], load: async () => (await import("./fleet/adopt-command.ts")).addAdoptCommand },
  { words: ["service"], load: async () => (await import("./fleet/service-command.ts")).addServiceCommand },
  { words: ["push"], load: async () => (await import("./fleet/push-command.ts")).addPushCommand },
  { words: ["pull"], load: async () => (await import("./fleet/pull-command.ts")).addPullCommand },
  { words: ["exec"], load: async () => (await import("./fleet/exec-command.ts")).addExecCommand },
  { words: ["events"], load: async () => (await import("./fleet/events-command.ts")).addEventsCommand },
  { words: ["ops"], load: async () => (await import("./fleet/ops-command.ts")).addOpsCommand },
  { words: ["node"], load: async () => (await import("./fleet/node-command.ts")).addNodeCommand },
  { words: ["completion"], load: async () => (await import("./completion/completion-command.ts")).addCompletionCommand },
  { words: ["__complete"], load: async () => (await import("./completion/complete-command.ts")).addCompleteCommand },
];
/** Says what the others are. */
const NEEDS_ALL = "completion";

/**
 * The command line `mcpctl`, also called `mcp`. Where its first word names a command, that one alone is loaded, since the others
 * take longer to load than most commands to run.
 */
export async function createProgram(deps: CliDeps, firstWord?: string): Promise<Command> {
  // Behind its command a word such as --version is the command's own, as in `create server x --arg --version`.
  const program = withConfigOption(withContextOption(newProgram("mcpctl", "Runs, guards and watches MCP servers.", deps)));
  program.enablePositionalOptions();
  const named = COMMAND_FILES.filter(({ words }) => firstWord !== NEEDS_ALL && words.includes(firstWord ?? ""));
  const files = named.length > 0 ? named : COMMAND_FILES;
  for (const add of await Promise.all(files.map((file) => file.load()))) add(program, deps);
  return program;
}
