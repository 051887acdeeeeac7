import type { Command } from "commander";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { AppError } from "../../core/app-error.ts";
import { addApiCommand } from "../api-command.ts";
import { configPath, readConfig, withContext, writeConfig } from "../config/cli-config.ts";
import { clientFor, contextFlag } from "../config/connect.ts";
import { requireContext } from "../config/resolve-target.ts";
import type { CliDeps } from "../ports.ts";

const EXAMPLES = ["mcpctl logout", "mcpctl logout --context work"];

/** `logout`: ends the session of a context, at mcpd and here. */
export function addLogoutCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "logout", "end the session of the context", EXAMPLES).action(async (_flags: object, self: Command) => {
    const path = configPath(deps.env);
    const config = readConfig(path);
    const name = contextFlag(self) ?? config.current;
    if (name === null)
      throw new AppError("precondition", "CONTEXT_MISSING", "No context is the current one", {
        hint: "'mcpctl context list' shows where you are",
      });
    const { token, expiresAt: _, ...context } = requireContext(config, name);
    if (token === undefined) return deps.stdout(`Not logged in to ${context.url} (context ${name})\n`);
    await endSession(deps, context.url, token);
    writeConfig(path, withContext(config, name, context));
    return deps.stdout(`Logged out of ${context.url} (context ${name})\n`);
  });
}

/** One that has ended already is ended. Where mcpd is not reached the session is kept, so that it can be ended later. */
async function endSession(deps: CliDeps, url: string, token: string): Promise<void> {
  try {
    await clientFor(deps, url, token).call(ENDPOINTS.auth.logout, {});
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== "unauthenticated") throw thrown;
  }
}
