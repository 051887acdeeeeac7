import type { Command } from "commander";
import type { ListServicesResponse } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { dateOf } from "../../api/agent/message-time.ts";
import { ageOf } from "../age.ts";
import { alignTable } from "../align-table.ts";
import { jsonText } from "../api-command.ts";
import type { CliDeps } from "../ports.ts";
import { type AskFlags, askAndShow, withAskOptions } from "./ask-and-show.ts";
import { answersJson, type NodeAnswers } from "./ask-nodes.ts";
import { componentRows, orDash } from "./component-rows.ts";
import { parseServiceName } from "./service-target.ts";
import { desiredWord, observedWord } from "./state-words.ts";
import { addFleetCommand } from "./with-fleet.ts";

const EXAMPLES = ["mcpctl list", "mcpctl list ha", "mcpctl list --node rift -o json"];
const NOTE = "It shows what the agents' registries have; 'mcpctl ps' asks the containers themselves.";

/** `list`: the services of all nodes, from their registries. */
export function addListCommand(program: Command, deps: CliDeps): void {
  withAskOptions(addFleetCommand(program, "list", "list services of all nodes, as their agents have them recorded", EXAMPLES, NOTE))
    .argument("[service]", "only this one")
    .action(async (service: string | undefined, flags: AskFlags, self: Command) => {
      const serviceName = service === undefined ? "" : parseServiceName(service);
      await askAndShow(
        deps,
        self,
        flags.node,
        (agent) => agent.call((rpc, options) => rpc.listServices({ serviceName }, options)),
        (answers) => {
          if (flags.output === "json") deps.stdout(jsonText(answersJson(answers, (value) => messageJson(value) as object)));
          else render(deps, answers);
          return { incomplete: false };
        },
      );
    });
}

function render(deps: CliDeps, { answers }: NodeAnswers<ListServicesResponse>): void {
  const rows = componentRows(answers).map(({ node, service, component, state }) => [
    node,
    service,
    component.name,
    desiredWord(component.desiredState),
    observedWord(component.observedState),
    orDash(component.version),
    component.deployment === 0n ? "-" : String(component.deployment),
    state.updatedAt === undefined ? "-" : ageOf(dateOf(state.updatedAt)?.toISOString() ?? "", deps.now()),
  ]);
  if (rows.length > 0) {
    deps.stdout(alignTable([["NODE", "SERVICE", "COMPONENT", "DESIRED", "OBSERVED", "VERSION", "DEPLOYMENT", "CHANGED"], ...rows]));
  } else if (answers.length > 0) deps.stderr("No services found\n");
}
