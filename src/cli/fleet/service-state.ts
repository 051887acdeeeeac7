import type { ServiceState } from "../../api/agent/contract.ts";
import { AppError } from "../../core/app-error.ts";
import { fromSpec } from "../../service-definition/from-spec.ts";
import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import { nodesOf } from "./ask-and-show.ts";
import { askNodes } from "./ask-nodes.ts";
import type { Fleet, FleetNode } from "./fleet.ts";

/** A service as the registry of a node has it. */
export interface RegisteredService {
  readonly node: FleetNode;
  readonly state: ServiceState;
  readonly definition: ServiceDefinition;
}

/**
 * The service in the registries of the nodes, or of the one that is named. Throws `not_found`/`SERVICE_NOT_REGISTERED`,
 * `conflict`/`SERVICE_ON_SEVERAL_NODES`, and what a node failed with where no other has it.
 */
export async function registeredService(fleet: Fleet, service: string, nodeName: string | undefined): Promise<RegisteredService> {
  const nodes = await nodesOf(fleet, nodeName);
  const { answers, failures } = await askNodes(fleet, nodes, (agent) =>
    agent.call((rpc, options) => rpc.listServices({ serviceName: service }, options)),
  );
  const found = answers.flatMap(({ node, value }) =>
    value.services.filter(({ spec }) => spec?.name === service).map((state) => ({ node, state })),
  );
  const [first, another] = found;
  if (another !== undefined) {
    const names = found.map(({ node }) => node.name);
    throw new AppError("conflict", "SERVICE_ON_SEVERAL_NODES", `The service ${service} is on several nodes: ${names.join(", ")}`, {
      hint: `add --node ${names[0] ?? "NAME"}`,
    });
  }
  if (first?.state.spec !== undefined)
    return { ...first, definition: fromSpec(first.state.spec, `service ${service} of node ${first.node.name}`) };
  if (failures[0] !== undefined) throw failures[0].error;
  throw new AppError("not_found", "SERVICE_NOT_REGISTERED", `No node's registry has the service ${service}`, {
    hint: "'mcpctl list' shows what there is",
  });
}
