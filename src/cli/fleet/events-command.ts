import type { Command } from "commander";
import type { AgentClient } from "../../api/agent/agent-client.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { timestampOf } from "../../api/agent/message-time.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import { parseDuration } from "../../core/duration.ts";
import { oneLine } from "../../core/one-line.ts";
import { printableJson } from "../../core/printable-json.ts";
import { alignTable } from "../align-table.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { errorLines } from "../error-lines.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { type AskFlags, askAndShow, nodesOf } from "./ask-and-show.ts";
import { answersJson } from "./ask-nodes.ts";
import { eventRow } from "./event-row.ts";
import { type FleetNode, withLoginHint } from "./fleet.ts";
import { parseServiceName } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags extends AskFlags {
  readonly follow?: boolean;
  readonly since: string;
}

const EXAMPLES = ["mcpctl events", "mcpctl events ha --since 2h", "mcpctl events -f -o json"];
const MAX_EVENTS = 1_000;

/** `events`: what happened on all nodes, and what happens. */
export function addEventsCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "events", "show what happened to components on all nodes", EXAMPLES)
    .argument("[service]", "only this one")
    .option("-f, --follow", "go on with events as they come, until Ctrl-C")
    .option("--since <time>", "events since so long ago, as 15m or 2d", "1d")
    .option("--node <name>", "ask this node alone")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (service: string | undefined, flags: Flags, self: Command) => {
      const serviceName = service === undefined ? "" : parseServiceName(service);
      const since = new Date(deps.now().getTime() - parseDuration(flags.since));
      await (flags.follow === true ? follow : show)(deps, self, { serviceName, since, flags });
    });
}

interface Request {
  readonly serviceName: string;
  readonly since: Date;
  readonly flags: Flags;
}

async function show(deps: CliDeps, self: Command, { serviceName, since, flags }: Request): Promise<void> {
  const request = { serviceName, eventsSince: timestampOf(since), maxEvents: MAX_EVENTS };
  await askAndShow(
    deps,
    self,
    flags.node,
    (agent) => agent.call((rpc, options) => rpc.getServiceStatus(request, options)),
    (answers) => {
      if (flags.output === "json") {
        deps.stdout(jsonText(answersJson(answers, ({ events }) => ({ events: events.map((event) => messageJson(event)) }))));
        return { incomplete: false };
      }
      const rows = answers.answers
        .flatMap(({ node, value }) => value.events.map((event) => eventRow(node.name, event)))
        .sort(([a = ""], [b = ""]) => a.localeCompare(b));
      if (rows.length > 0) deps.stdout(alignTable(rows));
      else if (answers.answers.length > 0) deps.stderr("No events found\n");
      return { incomplete: false };
    },
  );
}

/** One stream of each node; one that ends takes no other with it. */
async function follow(deps: CliDeps, self: Command, request: Request): Promise<void> {
  const signal = deps.untilInterrupted();
  await withFleet(deps, self, async (fleet) => {
    const nodes = await nodesOf(fleet, request.flags.node);
    await fleet.requireToken();
    const ended = await Promise.all(nodes.map(async (node) => followNode(deps, await fleet.agent(node), node, request, signal)));
    const lost = ended.filter((failure) => failure !== undefined).length;
    if (lost > 0) setExitCode(self, lost === nodes.length ? 1 : 3);
  });
}

/** Until `signal`; what else has ended it. */
async function followNode(
  deps: CliDeps,
  agent: AgentClient,
  node: FleetNode,
  request: Request,
  signal: AbortSignal,
): Promise<AppError | undefined> {
  const { serviceName, since, flags } = request;
  const query = { serviceName, since: timestampOf(since) };
  try {
    for await (const { what } of agent.stream((rpc, options) => rpc.watchEvents(query, options), { signal })) {
      if (what.case !== "event") continue;
      const line =
        flags.output === "json"
          ? printableJson({ node: node.name, event: messageJson(what.value) })
          : textOf(eventRow(node.name, what.value));
      deps.stdout(`${line}\n`);
    }
    throw new AppError("unavailable", "EVENTS_ENDED", `Node ${node.name} has ended its stream of events`, { hint: "did its agent stop?" });
  } catch (thrown) {
    if (signal.aborted) return undefined;
    const error = withLoginHint(toAppError(thrown));
    deps.stderr(errorLines(error.message, error.hint));
    return error;
  }
}

function textOf(row: readonly string[]): string {
  return row
    .filter((cell) => cell !== "")
    .map((cell) => oneLine(cell, 400))
    .join("  ");
}
