import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { AgentRpc } from "../../api/agent/agent-client.ts";
import type { RestartServiceResponse, StartServiceResponse, StopServiceResponse } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { beginOperation } from "./begin-operation.ts";
import { locateService } from "./locate-service.ts";
import { exitCodeOfResults, printResults } from "./print-results.ts";
import { parseServiceTarget } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";
import { writeActive } from "./write-active.ts";

interface Verb {
  readonly name: "stop" | "start" | "restart";
  readonly description: string;
  readonly examples: readonly string[];
  readonly note: string;
  /** What `active` of the file becomes; undefined: it stays as it is. */
  readonly active: boolean | undefined;
  readonly call: (rpc: AgentRpc, request: LifecycleRequest, options: CallOptions) => Promise<Answer>;
}

type CallOptions = Parameters<AgentRpc["stopService"]>[1];

interface LifecycleRequest {
  readonly serviceName: string;
  readonly component: string;
  readonly requestId: string;
}

type Answer = StopServiceResponse | StartServiceResponse | RestartServiceResponse;

const FILE_NOTE = "The file is changed where there is one; of a single component it stays as it is.";

const VERBS: readonly Verb[] = [
  {
    name: "stop",
    description: "stop a service, and write active = false to its file",
    examples: ["mcpctl stop ha", "mcpctl stop ha/api"],
    note: FILE_NOTE,
    active: false,
    call: (rpc, request, options) => rpc.stopService(request, options),
  },
  {
    name: "start",
    description: "start a service, and write active = true to its file",
    examples: ["mcpctl start ha", "mcpctl start ha/api"],
    note: FILE_NOTE,
    active: true,
    call: (rpc, request, options) => rpc.startService(request, options),
  },
  {
    name: "restart",
    description: "stop and start a service; its file stays as it is",
    examples: ["mcpctl restart ha", "mcpctl restart ha/api"],
    note: "It runs the containers that are there: 'mcpctl deploy' puts a changed file into effect.",
    active: undefined,
    call: (rpc, request, options) => rpc.restartService(request, options),
  },
];

/** Containers may take their time to end, one after the other. */
const LIMIT_MS = 10 * 60_000;

/** `stop`, `start` and `restart`. */
export function addLifecycleCommands(program: Command, deps: CliDeps): void {
  for (const verb of VERBS) {
    addFleetCommand(program, verb.name, verb.description, verb.examples, verb.note)
      .argument("<service>", "SERVICE or SERVICE/COMPONENT")
      .option("--node <name>", "node of a service that has no file")
      .addOption(outputOption(["text", "json"], "text"))
      .action(async (word: string, flags: { node?: string; output: string }, self: Command) => runVerb(deps, self, verb, word, flags));
  }
}

async function runVerb(deps: CliDeps, self: Command, verb: Verb, word: string, flags: { node?: string; output: string }): Promise<void> {
  const target = parseServiceTarget(word);
  await withFleet(deps, self, async (fleet) => {
    const { node, file } = await locateService(fleet, target, { node: flags.node });
    await fleet.requireToken();
    if (file !== undefined && verb.active !== undefined && target.component === undefined) await writeActive(deps, file, verb.active);
    const { service: serviceName, component = "" } = target;
    const request = { serviceName, component, requestId: randomUUID() };
    const agent = await fleet.agent(node);
    const answer = await beginOperation<Answer>(agent, (rpc, options) => verb.call(rpc, request, options), { timeoutMs: LIMIT_MS });
    if (flags.output === "json") deps.stdout(jsonText(messageJson(answer)));
    else printResults(deps, answer.operation, answer.results);
    setExitCode(self, exitCodeOfResults(answer.operation, answer.results));
  });
}
