import type { Command } from "commander";
import type { NodeStatusResponse } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { dateOf } from "../../api/agent/message-time.ts";
import { ageOf, untilOf } from "../age.ts";
import { alignTable } from "../align-table.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { errorLines } from "../error-lines.ts";
import type { CliDeps } from "../ports.ts";
import { askAndShow } from "./ask-and-show.ts";
import { answersJson, type NodeAnswers } from "./ask-nodes.ts";
import { orDash } from "./component-rows.ts";
import { addFleetCommand } from "./with-fleet.ts";

const EXAMPLES = ["mcpctl node status", "mcpctl node status rift -o json"];
const GIB = 1024 ** 3;

/** `node status [NODE]`: what the nodes are, what they run and what is wrong with them. */
export function addNodeStatusCommand(group: Command, deps: CliDeps): void {
  addFleetCommand(group, "status", "show how nodes are", EXAMPLES)
    .argument("[name]", "node; without one all are asked")
    .addOption(outputOption(["table", "json"], "table"))
    .action(async (name: string | undefined, { output }: { output: string }, self: Command) => {
      await askAndShow(
        deps,
        self,
        name,
        (agent) => agent.call((rpc, options) => rpc.nodeStatus({}, options)),
        (answers) => {
          if (output === "json") deps.stdout(jsonText(answersJson(answers, (value) => messageJson(value) as object)));
          else render(deps, answers);
          return { incomplete: false };
        },
      );
    });
}

function render(deps: CliDeps, { answers }: NodeAnswers<NodeStatusResponse>): void {
  const rows = answers.map(({ node, value }) => [node.name, ...cellsOf(value, deps.now())]);
  if (rows.length > 0) {
    deps.stdout(alignTable([["NODE", "AGENT", "UP", "RUNTIME", "RUNNING", "OTHERS", "DISK FREE", "CERTIFICATE ENDS", "DEPLOYS"], ...rows]));
  }
  for (const { node, value } of answers) {
    if (value.undeclaredContainers.length > 0) deps.stdout(undeclaredText(node.name, value.undeclaredContainers));
    const known = value.nodeName === "" || value.nodeName === node.name;
    if (!known)
      deps.stderr(
        errorLines(
          `What answers for node ${node.name} calls itself ${value.nodeName}`,
          "services name their node as its agent does",
        ).replace(/^error/, "warning"),
      );
    for (const problem of value.problems) deps.stderr(errorLines(`${node.name}: ${problem}`).replace(/^error/, "warning"));
  }
}

const SHOWN = 20;

/** Not in the table: they are no components, and nothing is done about them. */
function undeclaredText(node: string, names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `${node}: nobody has declared ${names.slice(0, SHOWN).join(", ")}${more}\n`;
}

function cellsOf(
  { agentVersion, startedAt, runtime, components, diskFreeBytes, certificateExpiresAt, drained }: NodeStatusResponse,
  now: Date,
) {
  const { running = 0, stopped = 0, exited = 0, removed = 0, unknown = 0 } = components ?? {};
  const others = Object.entries({ stopped, exited, removed, unknown }).flatMap(([word, count]) =>
    count === 0 ? [] : [`${count} ${word}`],
  );
  const [start, end] = [dateOf(startedAt), dateOf(certificateExpiresAt)];
  return [
    orDash(agentVersion),
    start === undefined ? "-" : ageOf(start.toISOString(), now),
    runtime === undefined ? "none" : `${runtime.name} ${runtime.version}`,
    String(running),
    orDash(others.join(", ")),
    diskFreeBytes === 0n ? "-" : `${(Number(diskFreeBytes) / GIB).toFixed(1)} GiB`,
    end === undefined ? "-" : untilOf(end.toISOString(), now),
    drained ? "drained" : "taken",
  ];
}
