import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { AgentClient } from "../../api/agent/agent-client.ts";
import type { AdoptResult } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { AppError } from "../../core/app-error.ts";
import { alignTable } from "../align-table.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { errorLines } from "../error-lines.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import type { Fleet, FleetNode } from "./fleet.ts";
import { locateService } from "./locate-service.ts";
import { serviceFilePath } from "./service-file.ts";
import { parseServiceName } from "./service-target.ts";
import { desiredWord } from "./state-words.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags {
  readonly node?: string;
  readonly container?: string;
  readonly component?: string;
  readonly output: string;
}

const EXAMPLES = ["mcpctl adopt metacrypt --node rift", "mcpctl adopt shop --container old-api --component api --node rift"];
const NOTE = `Containers of the service's name and of SERVICE-* become its components, as they are and without a restart. Then
'mcpctl service export SERVICE' writes the file.`;

/** `adopt SERVICE`: containers that are there already. */
export function addAdoptCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "adopt", "take containers that are there already into a service", EXAMPLES, NOTE)
    .argument("<service>", "service")
    .option("--node <name>", "node that has them (default: the only one, or the one that the service's file names)")
    .option("--container <name>", "this container alone, whatever its name")
    .option("--component <name>", "what --container becomes (default: its name without the service's)")
    .addOption(outputOption(["table", "json"], "table"))
    .action(async (word: string, flags: Flags, self: Command) => {
      const service = parseServiceName(word);
      if (flags.component !== undefined && flags.container === undefined)
        self.error("error: --component says what --container becomes: which one?");
      await withFleet(deps, self, async (fleet) => {
        const node = await nodeFor(fleet, service, flags.node);
        const results = await adopt(await fleet.agent(node), service, flags);
        if (flags.output === "json") deps.stdout(jsonText({ node: node.name, results: results.map((result) => messageJson(result)) }));
        else render(deps, results);
        const failed = results.filter(({ error }) => error !== "").length;
        setExitCode(self, failed === 0 ? 0 : failed === results.length ? 1 : 3);
      });
    });
}

async function adopt(agent: AgentClient, serviceName: string, { container, component = "" }: Flags): Promise<readonly AdoptResult[]> {
  if (container === undefined) return (await agent.call((rpc, options) => rpc.adoptContainers({ serviceName }, options))).results;
  const { result } = await agent.call((rpc, options) => rpc.adoptContainer({ serviceName, container, component }, options));
  return result === undefined ? [] : [result];
}

/** Throws `invalid`/`NODE_AMBIGUOUS` where several could be meant. */
async function nodeFor(fleet: Fleet, service: string, name: string | undefined): Promise<FleetNode> {
  if (name !== undefined) return fleet.node(name);
  if (existsSync(serviceFilePath(fleet.config.servicesDir, service)))
    return (await locateService(fleet, { service, component: undefined })).node;
  const nodes = await fleet.requireNodes();
  const [only, another] = nodes;
  if (only !== undefined && another === undefined) return only;
  throw new AppError("invalid", "NODE_AMBIGUOUS", "On which node are the containers?", {
    hint: `add --node ${nodes.map((node) => node.name).join(" or --node ")}`,
  });
}

function render(deps: CliDeps, results: readonly AdoptResult[]): void {
  const adopted = results.filter(({ error }) => error === "");
  const rows = adopted.map(({ container, component, desiredState }) => [container, component, desiredWord(desiredState)]);
  if (rows.length > 0) deps.stdout(alignTable([["CONTAINER", "COMPONENT", "DESIRED"], ...rows]));
  if (results.length === 0) deps.stderr("No container goes by that name\n");
  for (const { container, error } of results) if (error !== "") deps.stderr(errorLines(`${container}: ${error}`));
}
