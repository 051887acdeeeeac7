import type { Command } from "commander";
import { addCommand } from "../api-command.ts";
import { contextFlag } from "../config/connect.ts";
import { readFleetConfig } from "../config/fleet-config.ts";
import { parseTimeout } from "../parse-timeout.ts";
import type { CliDeps } from "../ports.ts";
import { configFlag, withConfigOption } from "../with-config-option.ts";
import { controlNodes } from "./control-nodes.ts";
import { Fleet, withLoginHint } from "./fleet.ts";

const TIMEOUT = "10s";

/** A command about the fleet: with `--config`, `--context` and `--timeout`, and examples in its help. */
export function addFleetCommand(parent: Command, name: string, description: string, examples: readonly string[], note?: string): Command {
  return withConfigOption(addCommand(parent, name, description, examples, note))
    .option("--context <name>", "installation whose nodes are listed besides, as 'mcpctl context list' names it")
    .option("--timeout <time>", "how long a node may take to answer, as 10s", TIMEOUT);
}

/** Runs `work` with this person's fleet, and ends its connections. */
export async function withFleet<T>(deps: CliDeps, command: Command, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  const fleet = openFleet(deps, command);
  try {
    return await work(fleet);
  } catch (thrown) {
    throw withLoginHint(thrown);
  } finally {
    fleet.close();
  }
}

function openFleet(deps: CliDeps, command: Command): Fleet {
  const config = readFleetConfig(deps.env, configFlag(command));
  const timeoutMs = parseTimeout(command.opts<{ timeout?: string }>().timeout ?? TIMEOUT);
  return new Fleet(config, {
    timeoutMs,
    loadToken: (path) => deps.agentTokens.load(path),
    controlNodes: () => controlNodes(deps, contextFlag(command)),
  });
}
