import type { Command } from "commander";
import type { GetOperationResponse, Operation } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { dateOf } from "../../api/agent/message-time.ts";
import { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";
import { agoOf, formatSpan } from "../age.ts";
import { alignTable } from "../align-table.ts";
import { jsonText } from "../api-command.ts";
import { errorLines } from "../error-lines.ts";
import type { CliDeps } from "../ports.ts";
import { type AskFlags, askAndShow, nodesOf, withAskOptions } from "./ask-and-show.ts";
import { answersJson, askNodes } from "./ask-nodes.ts";
import { orDash } from "./component-rows.ts";
import { stepLine } from "./follow-operation.ts";
import { printResults } from "./print-results.ts";
import { parseServiceName } from "./service-target.ts";
import { operationWord, outcomeWord } from "./state-words.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags extends AskFlags {
  readonly service?: string;
  readonly limit: string;
}

const EXAMPLES = ["mcpctl ops", "mcpctl ops --service ha --limit 5", "mcpctl ops op_01h2", "mcpctl ops -o json"];
const MAX_LIMIT = 200;

/** `ops`: the latest operations of all nodes, or one with its steps. */
export function addOpsCommand(program: Command, deps: CliDeps): void {
  withAskOptions(addFleetCommand(program, "ops", "show the latest changes on all nodes, or one with its steps", EXAMPLES))
    .argument("[id]", "operation")
    .option("--service <service>", "only those of this service")
    .option("--limit <number>", "so many of each node at most", "20")
    .action(async (id: string | undefined, flags: Flags, self: Command) => {
      if (id !== undefined) return showOne(deps, self, id, flags);
      return showLatest(deps, self, flags);
    });
}

async function showLatest(deps: CliDeps, self: Command, flags: Flags): Promise<void> {
  const request = { serviceName: flags.service === undefined ? "" : parseServiceName(flags.service), limit: parseLimit(flags.limit) };
  await askAndShow(
    deps,
    self,
    flags.node,
    (agent) => agent.call((rpc, options) => rpc.listOperations(request, options)),
    (answers) => {
      if (flags.output === "json") {
        deps.stdout(jsonText(answersJson(answers, (value) => messageJson(value) as object)));
        return { incomplete: false };
      }
      const rows = answers.answers
        .flatMap(({ node, value }) =>
          value.operations.map((operation) => ({ at: startOf(operation), row: rowOf(node.name, operation, deps.now()) })),
        )
        .sort((a, b) => b.at - a.at)
        .map(({ row }) => row);
      if (rows.length > 0) deps.stdout(alignTable([["ID", "NODE", "KIND", "SERVICE", "STATE", "STARTED", "TOOK", "BY"], ...rows]));
      else if (answers.answers.length > 0) deps.stderr("No operations found\n");
      return { incomplete: false };
    },
  );
}

function startOf({ startedAt }: Operation): number {
  return dateOf(startedAt)?.getTime() ?? 0;
}

function rowOf(node: string, operation: Operation, now: Date): readonly string[] {
  const { id, kind, serviceName, component, state, startedAt, finishedAt, caller } = operation;
  const [start, end] = [dateOf(startedAt), dateOf(finishedAt)];
  const took = start === undefined ? "-" : formatSpan((end ?? now).getTime() - start.getTime());
  const what = component === "" ? serviceName : `${serviceName}/${component}`;
  return [
    id,
    node,
    operationWord(kind),
    what,
    outcomeWord(state),
    start === undefined ? "-" : agoOf(start.toISOString(), now),
    took,
    orDash(caller),
  ];
}

/** An id says nothing of its node: all are asked. */
async function showOne(deps: CliDeps, self: Command, operationId: string, flags: Flags): Promise<void> {
  await withFleet(deps, self, async (fleet) => {
    const asked = await askNodes(fleet, await nodesOf(fleet, flags.node), (agent) =>
      agent.call((rpc, options) => rpc.getOperation({ operationId }, options)),
    );
    const [found] = asked.answers;
    if (found !== undefined)
      return flags.output === "json" ? deps.stdout(jsonText(messageJson(found.value))) : render(deps, found.node.name, found.value);
    const other = asked.failures.find(({ error }) => error.code !== "not_found");
    if (other !== undefined) throw other.error;
    throw new AppError("not_found", "OPERATION_UNKNOWN", `No node has the operation '${operationId}'`, {
      hint: "'mcpctl ops' lists the latest",
    });
  });
}

function render(deps: CliDeps, node: string, { operation, results }: GetOperationResponse): void {
  if (operation === undefined) return;
  deps.stdout(alignTable([["ID", "NODE", "KIND", "SERVICE", "STATE", "STARTED", "TOOK", "BY"], rowOf(node, operation, deps.now())]));
  for (const step of operation.steps) deps.stdout(oneLine(stepLine(step), 400).replace(/^/, "  ").concat("\n"));
  if (results.length > 0) printResults(deps, undefined, results);
  if (operation.error !== "") deps.stderr(errorLines(operation.error));
}

/** Throws `invalid`/`LIMIT_INVALID`. */
function parseLimit(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new AppError("invalid", "LIMIT_INVALID", `--limit '${text}' is no number of operations`, { hint: `write 1 to ${MAX_LIMIT}` });
}
