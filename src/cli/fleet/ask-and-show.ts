import type { Command } from "commander";
import type { AgentClient } from "../../api/agent/agent-client.ts";
import { outputOption } from "../api-command.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { askNodes, exitCodeOfAnswers, type NodeAnswers, printFailures } from "./ask-nodes.ts";
import type { Fleet, FleetNode } from "./fleet.ts";
import { withFleet } from "./with-fleet.ts";

export interface AskFlags {
  readonly node?: string;
  readonly output: string;
}

export function withAskOptions(command: Command): Command {
  return command.option("--node <name>", "ask this node alone").addOption(outputOption(["table", "json"], "table"));
}

/** The node that is named, else all of them. */
export async function nodesOf(fleet: Fleet, name: string | undefined): Promise<readonly FleetNode[]> {
  return name === undefined ? fleet.requireNodes() : [await fleet.node(name)];
}

/** Asks the nodes, shows what they said, says which did not, and sets the exit code. */
export async function askAndShow<T>(
  deps: CliDeps,
  self: Command,
  node: string | undefined,
  ask: (agent: AgentClient, node: FleetNode) => Promise<T>,
  show: (answers: NodeAnswers<T>) => { readonly incomplete: boolean } | Promise<{ readonly incomplete: boolean }>,
): Promise<void> {
  await withFleet(deps, self, async (fleet) => {
    const answers = await askNodes(fleet, await nodesOf(fleet, node), ask);
    const { incomplete } = await show(answers);
    printFailures(deps, answers);
    setExitCode(self, exitCodeOfAnswers(answers, incomplete));
  });
}
