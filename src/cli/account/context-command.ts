import type { Command } from "commander";
import { untilOf } from "../age.ts";
import { alignTable } from "../align-table.ts";
import { addCommand, addCommandGroup, jsonText, outputOption } from "../api-command.ts";
import { type CliConfig, configPath, readConfig, withContext, writeConfig } from "../config/cli-config.ts";
import { requireContext } from "../config/resolve-target.ts";
import type { CliDeps } from "../ports.ts";

/** `context list|use|delete|show`: the installations that this person works with. */
export function addContextCommand(program: Command, deps: CliDeps): void {
  const group = addCommandGroup(program, "context", "choose between installations");
  addCommand(group, "list", "list contexts; * is the current one", ["mcpctl context list"])
    .addOption(outputOption(["table", "json"], "table"))
    .action(({ output }: { output: string }) => {
      const config = readConfig(configPath(deps.env));
      deps.stdout(output === "json" ? jsonText(withoutTokens(config)) : renderContexts(config, deps.now()));
      if (deps.env.MCPCTL_URL) deps.stderr("MCPCTL_URL is set and replaces them\n");
      else if (Object.keys(config.contexts).length === 0) deps.stderr("No contexts: 'mcpctl login --url URL' makes one\n");
    });
  addCommand(group, "use", "make a context the current one", ["mcpctl context use work"])
    .argument("<name>", "context")
    .action((name: string) => {
      change(deps, (config) => {
        requireContext(config, name);
        return { ...config, current: name };
      });
      deps.stdout(`Commands speak to ${name} now\n`);
    });
  addCommand(group, "delete", "forget a context; its session is not ended by that", ["mcpctl context delete work"])
    .argument("<name>", "context")
    .action((name: string) => {
      change(deps, (config) => {
        requireContext(config, name);
        return withContext(config, name, undefined);
      });
      deps.stdout(`context/${name} deleted\n`);
    });
  addCommand(group, "show", "show a context, the current one without a name", ["mcpctl context show", "mcpctl context show work"])
    .argument("[name]", "context")
    .action((name: string | undefined) => {
      const config = readConfig(configPath(deps.env));
      const shown = name ?? config.current;
      if (shown === null) return deps.stderr("No context is the current one\n");
      requireContext(config, shown);
      return deps.stdout(jsonText({ name: shown, ...withoutTokens(config).contexts[shown] }));
    });
}

function change({ env }: CliDeps, next: (config: CliConfig) => CliConfig): void {
  const path = configPath(env);
  writeConfig(path, next(readConfig(path)));
}

/** What may be shown: a session is as good as a password. */
function withoutTokens({ current, contexts }: CliConfig) {
  const shown = Object.entries(contexts).map(([name, { token, ...rest }]) => [name, { ...rest, loggedIn: token !== undefined }] as const);
  return { current, contexts: Object.fromEntries(shown) };
}

function renderContexts({ current, contexts }: CliConfig, now: Date): string {
  const rows = Object.entries(contexts).map(([name, { url, username, token, expiresAt }]) => [
    name === current ? "*" : "",
    name,
    url,
    username ?? "-",
    token === undefined ? "logged out" : untilOf(expiresAt ?? null, now),
  ]);
  return rows.length === 0 ? "" : alignTable([["", "NAME", "URL", "USER", "SESSION ENDS"], ...rows]);
}
