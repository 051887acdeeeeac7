import type { Command } from "commander";
import type { LiveCheckResponse } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { alignTable } from "../align-table.ts";
import { jsonText } from "../api-command.ts";
import { errorLines } from "../error-lines.ts";
import type { CliDeps } from "../ports.ts";
import { type AskFlags, askAndShow, withAskOptions } from "./ask-and-show.ts";
import { answersJson, type NodeAnswers } from "./ask-nodes.ts";
import { componentRows, orDash, uptimeOf } from "./component-rows.ts";
import { parseServiceName } from "./service-target.ts";
import { healthWord, observedWord } from "./state-words.ts";
import { addFleetCommand } from "./with-fleet.ts";

const EXAMPLES = ["mcpctl ps", "mcpctl ps ha", "mcpctl ps --node rift --timeout 3s"];

/** `ps`: what runs on all nodes, as their container engines say it now. */
export function addPsCommand(program: Command, deps: CliDeps): void {
  withAskOptions(addFleetCommand(program, "ps", "show what runs on all nodes now, with uptime and version", EXAMPLES))
    .argument("[service]", "only this one")
    .action(async (service: string | undefined, flags: AskFlags, self: Command) => {
      const serviceName = service === undefined ? "" : parseServiceName(service);
      await askAndShow(
        deps,
        self,
        flags.node,
        (agent) => agent.call((rpc, options) => rpc.liveCheck({ serviceName }, options)),
        (answers) => {
          if (flags.output === "json") deps.stdout(jsonText(answersJson(answers, (value) => messageJson(value) as object)));
          else render(deps, answers);
          return { incomplete: printRuntimeErrors(deps, answers) };
        },
      );
    });
}

function render(deps: CliDeps, { answers }: NodeAnswers<LiveCheckResponse>): void {
  const rows = componentRows(answers).map(({ node, service, component }) => [
    node,
    service,
    component.name,
    observedWord(component.observedState),
    healthWord(component.health),
    uptimeOf(component, deps.now()),
    orDash(component.version),
    String(component.restarts),
    component.reason,
  ]);
  if (rows.length > 0) {
    deps.stdout(alignTable([["NODE", "SERVICE", "COMPONENT", "STATE", "HEALTH", "UPTIME", "VERSION", "RESTARTS", "REASON"], ...rows]));
  } else if (answers.length > 0) deps.stderr("No services found\n");
}

/** Says of which nodes the container engine could not be asked; whether there are any. */
export function printRuntimeErrors(deps: CliDeps, { answers }: NodeAnswers<{ readonly runtimeError: string }>): boolean {
  const failed = answers.filter(({ value }) => value.runtimeError !== "");
  for (const { node, value } of failed) {
    deps.stderr(
      errorLines(
        `Node ${node.name}: the container engine could not be asked: ${value.runtimeError}`,
        "states that depend on it are unknown",
      ),
    );
  }
  return failed.length > 0;
}
