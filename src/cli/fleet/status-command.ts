import type { Command } from "commander";
import type { DriftFinding, GetServiceStatusResponse } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { dateOf, timestampOf } from "../../api/agent/message-time.ts";
import { AppError } from "../../core/app-error.ts";
import { parseDuration } from "../../core/duration.ts";
import { oneLine } from "../../core/one-line.ts";
import { agoOf } from "../age.ts";
import { alignTable } from "../align-table.ts";
import { jsonText } from "../api-command.ts";
import type { CliDeps } from "../ports.ts";
import { type AskFlags, askAndShow, withAskOptions } from "./ask-and-show.ts";
import { answersJson, type NodeAnswers } from "./ask-nodes.ts";
import { componentRows, orDash, uptimeOf } from "./component-rows.ts";
import { eventRow } from "./event-row.ts";
import { paint, paintRows } from "./paint.ts";
import { printRuntimeErrors } from "./ps-command.ts";
import { parseServiceName } from "./service-target.ts";
import { desiredWord, healthWord, observedWord } from "./state-words.ts";
import { addFleetCommand } from "./with-fleet.ts";

interface Flags extends AskFlags {
  readonly since: string;
  readonly events: string;
}

type Answers = NodeAnswers<GetServiceStatusResponse>;

const EXAMPLES = ["mcpctl status", "mcpctl status ha", "mcpctl status ha --since 1h -o json"];
const NOTE = "What is not as it should be is drift: it is marked, and shown in red on a terminal.";
const MAX_EVENTS = 1_000;

/** `status`: wanted against observed, what differs, and what happened lately. */
export function addStatusCommand(program: Command, deps: CliDeps): void {
  withAskOptions(
    addFleetCommand(program, "status", "show what should run, what does, what differs and what happened lately", EXAMPLES, NOTE),
  )
    .argument("[service]", "only this one")
    .option("--since <time>", "events since so long ago, as 15m or 2d", "1d")
    .option("--events <number>", "so many events of each node at most", "20")
    .action(async (service: string | undefined, flags: Flags, self: Command) => {
      const request = {
        serviceName: service === undefined ? "" : parseServiceName(service),
        eventsSince: timestampOf(new Date(deps.now().getTime() - parseDuration(flags.since))),
        maxEvents: parseCount(flags.events),
      };
      await askAndShow(
        deps,
        self,
        flags.node,
        (agent) => agent.call((rpc, options) => rpc.getServiceStatus(request, options)),
        (answers) => {
          if (flags.output === "json") deps.stdout(jsonText(answersJson(answers, (value) => messageJson(value) as object)));
          else render(deps, answers);
          return { incomplete: printRuntimeErrors(deps, answers) };
        },
      );
    });
}

function render(deps: CliDeps, answers: Answers): void {
  renderComponents(deps, answers);
  renderDrift(deps, answers);
  renderEvents(deps, answers);
}

function renderComponents(deps: CliDeps, { answers }: Answers): void {
  const rows = componentRows(answers);
  const drifted = new Set(
    answers.flatMap(({ node, value }) => value.drift.map((each) => `${node.name}/${each.serviceName}/${each.component}`)),
  );
  const drifts = rows.map(
    ({ node, service, component }) => component.drift.length > 0 || drifted.has(`${node}/${service}/${component.name}`),
  );
  const cells = rows.map(({ node, service, component }, at) => [
    drifts[at] ? "!" : "",
    node,
    service,
    component.name,
    desiredWord(component.desiredState),
    observedWord(component.observedState),
    `${healthWord(component.health)}${component.flapping ? ", flapping" : ""}`,
    uptimeOf(component, deps.now()),
    orDash(component.version),
    component.reason,
  ]);
  if (rows.length === 0) {
    if (answers.length > 0) deps.stderr("No services found\n");
    return;
  }
  const table = alignTable([
    ["", "NODE", "SERVICE", "COMPONENT", "DESIRED", "OBSERVED", "HEALTH", "UPTIME", "VERSION", "REASON"],
    ...cells,
  ]);
  deps.stdout(paintRows(table, (row) => (drifts[row] ? "red" : undefined), deps.showsColours));
}

function renderDrift(deps: CliDeps, { answers }: Answers): void {
  const findings = answers.flatMap(({ node, value }) => value.drift.map((finding) => ({ node: node.name, finding })));
  if (findings.length === 0) return;
  deps.stdout(`\n${paint("Drift", "bold", deps.showsColours)}\n`);
  for (const { node, finding } of findings) {
    for (const line of driftLines(node, finding, deps.now())) deps.stdout(`${paint(line, "red", deps.showsColours)}\n`);
  }
}

function driftLines(
  node: string,
  { serviceName, component, desiredState, observedState, diffs, since }: DriftFinding,
  now: Date,
): readonly string[] {
  const at = dateOf(since);
  const age = at === undefined ? "" : `, since ${agoOf(at.toISOString(), now)}`;
  const states = `wanted ${desiredWord(desiredState)}, is ${observedWord(observedState)}${age}`;
  return [
    oneLine(`! ${node} ${serviceName}/${component}: ${states}`),
    ...diffs.map(({ field, want, have }) => `    ${oneLine(`${field}: wanted ${orDash(want)}, is ${orDash(have)}`, 400)}`),
  ];
}

function renderEvents(deps: CliDeps, { answers }: Answers): void {
  const rows = answers
    .flatMap(({ node, value }) => value.events.map((event) => ({ at: dateOf(event.at)?.getTime() ?? 0, row: eventRow(node.name, event) })))
    .sort((a, b) => b.at - a.at)
    .map(({ row }) => row);
  if (rows.length === 0) return;
  deps.stdout(`\n${paint("Recent events", "bold", deps.showsColours)}\n${alignTable(rows)}`);
}

/** Throws `invalid`/`COUNT_INVALID`. */
function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_EVENTS) return count;
  throw new AppError("invalid", "COUNT_INVALID", `--events '${text}' is no number of events`, { hint: `write 1 to ${MAX_EVENTS}` });
}
