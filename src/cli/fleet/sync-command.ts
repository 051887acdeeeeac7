import type { Command } from "commander";
import type { AgentClient } from "../../api/agent/agent-client.ts";
import { SyncChange, type SyncDesiredStateResponse } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { type AppError, toAppError } from "../../core/app-error.ts";
import { requireDistinctContainers } from "../../service-definition/container-clash.ts";
import type { ServiceFile } from "../../service-definition/service-files.ts";
import { toSpec } from "../../service-definition/to-spec.ts";
import { alignTable } from "../align-table.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { errorLines } from "../error-lines.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { answersJson, askNodes, exitCodeOfAnswers, type NodeAnswers, printFailures } from "./ask-nodes.ts";
import type { Fleet, FleetNode } from "./fleet.ts";
import { planSync } from "./plan-sync.ts";
import { readServicesDir } from "./service-file.ts";
import { syncWord } from "./state-words.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags {
  readonly node?: string;
  readonly plan?: boolean;
  readonly output: string;
}

const EXAMPLES = ["mcpctl sync", "mcpctl sync --node rift", "mcpctl sync --plan"];
const NOTE = `It tells each agent what should run on its node, by the files in the folder of services, and starts nothing: the agent puts right
what differs where the service's self_heal says so, else 'mcpctl deploy' does. Every node is asked, also one without a service:
containers that nobody declared are named and left alone.`;

/** `sync`: every definition to the agent of its node. */
export function addSyncCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "sync", "tell the agents what should run on their nodes", EXAMPLES, NOTE)
    .option("--node <name>", "only services of this node")
    .option("--plan", "only show what would change")
    .addOption(outputOption(["table", "json"], "table"))
    .action(async (flags: Flags, self: Command) => {
      await withFleet(deps, self, async (fleet) => {
        const { files, failures } = await readServicesDir(fleet.config.servicesDir);
        requireDistinctContainers(files.map(({ definition }) => definition));
        const { groups, unplaced } = await groupByNode(fleet, files, flags.node);
        const answers = await askNodes(
          fleet,
          groups.map(({ node }) => node),
          (agent, node) => syncNode(agent, groups.find((group) => group.node === node)?.files ?? [], flags.plan === true),
        );
        if (flags.output === "json") deps.stdout(jsonText(answersJson(answers, (value) => messageJson(value) as object)));
        else render(deps, answers);
        const refused = [...failures, ...unplaced];
        for (const { message, hint } of refused) deps.stderr(errorLines(message, hint));
        printFailures(deps, answers);
        setExitCode(self, exitCodeOf(answers, refused));
      });
    });
}

interface Group {
  readonly node: FleetNode;
  readonly files: readonly ServiceFile[];
}

/** The files of each node, also of one that has none, and what is wrong with those whose node nobody knows. */
async function groupByNode(fleet: Fleet, files: readonly ServiceFile[], only: string | undefined) {
  const nodes = only === undefined ? await fleet.requireNodes() : [await fleet.node(only)];
  const filesOf = (name: string) => files.filter(({ definition }) => definition.node === name);
  const groups = nodes.map((node): Group => ({ node, files: filesOf(node.name) })).sort((a, b) => (a.node.name < b.node.name ? -1 : 1));
  const unplaced: AppError[] = [];
  if (only !== undefined) return { groups, unplaced };
  for (const name of new Set(files.map(({ definition }) => definition.node))) {
    if (nodes.some((node) => node.name === name)) continue;
    await fleet.node(name).catch((thrown) => unplaced.push(toAppError(thrown)));
  }
  return { groups, unplaced };
}

function syncNode(agent: AgentClient, files: readonly ServiceFile[], plan: boolean): Promise<SyncDesiredStateResponse> {
  const definitions = files.map(({ definition }) => definition);
  if (plan) return planSync(agent, definitions);
  return agent.call((rpc, options) => rpc.syncDesiredState({ services: definitions.map(toSpec) }, options));
}

function render(deps: CliDeps, { answers }: NodeAnswers<SyncDesiredStateResponse>): void {
  const rows = answers.flatMap(({ node, value }) =>
    value.results.map(({ serviceName, change, details, error }) => [
      node.name,
      serviceName,
      syncWord(change),
      error === "" ? details.join("; ") : error,
    ]),
  );
  if (rows.length > 0) deps.stdout(alignTable([["NODE", "SERVICE", "CHANGE", "DETAILS"], ...rows]));
  else deps.stderr("No services to sync\n");
  for (const { node, value } of answers) {
    if (value.ignoredContainers.length > 0)
      deps.stdout(alignTable([[`${node.name} ignores containers nobody declared:`, value.ignoredContainers.join(", ")]]));
  }
}

/** 3 too where a file or a service was left out. */
function exitCodeOf(answers: NodeAnswers<SyncDesiredStateResponse>, refused: readonly AppError[]): number {
  const results = answers.answers.flatMap(({ value }) => value.results);
  const failed = results.filter(({ change }) => change === SyncChange.FAILED).length;
  if (refused.length > 0 && results.length === failed) return 1;
  if (failed > 0 && failed === results.length && answers.failures.length === 0) return 1;
  return exitCodeOfAnswers(answers, failed > 0 || refused.length > 0);
}
