import type { ServiceSpec, ServiceState } from "../../api/agent/contract.ts";
import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import type { ServiceFile } from "../../service-definition/service-files.ts";
import { askNodes, type NodeAnswers } from "./ask-nodes.ts";
import type { Fleet, FleetNode } from "./fleet.ts";
import { findServiceFile, serviceFilePath } from "./service-file.ts";
import { requireComponent, type ServiceTarget } from "./service-target.ts";

/** Where a service is, and what says so: its file, or the registry of the node's agent. */
export interface LocatedService {
  readonly node: FleetNode;
  readonly file: ServiceFile | undefined;
  /** What the registry has, where there is no file. */
  readonly registered: ServiceSpec | undefined;
}

export interface LocateFlags {
  /** A file in place of the one at the service's place. */
  readonly filename?: string | undefined;
  readonly node?: string | undefined;
}

/**
 * The node of a service: its file says it, where there is one, else the registries of the nodes do.
 *
 * Throws `not_found`: `SERVICE_UNKNOWN`, `COMPONENT_UNKNOWN`, `NODE_UNKNOWN`; `conflict`/`SERVICE_ON_SEVERAL_NODES`;
 * `invalid`/`SERVICE_OF_ANOTHER_NODE`; `unavailable`/`SERVICE_NOT_FOUND_EVERYWHERE`; and as `findServiceFile`.
 */
export async function locateService(fleet: Fleet, target: ServiceTarget, flags: LocateFlags = {}): Promise<LocatedService> {
  const file = await findServiceFile(fleet.config.servicesDir, target.service, flags.filename);
  if (file === undefined) return { ...(await findInRegistries(fleet, target, flags.node)), file };
  const { name, node, components } = file.definition;
  if (flags.node !== undefined && flags.node !== node) {
    throw new AppError("invalid", "SERVICE_OF_ANOTHER_NODE", `${file.path} says that ${name} runs on ${node}, not ${flags.node}`, {
      hint: "leave --node out, or change node in the file",
    });
  }
  const names = components.map((component) => component.name);
  requireComponent(name, target.component, names);
  return { node: await fleet.node(node), file, registered: undefined };
}

async function findInRegistries(
  fleet: Fleet,
  { service, component }: ServiceTarget,
  nodeName: string | undefined,
): Promise<Pick<LocatedService, "node" | "registered">> {
  const nodes = nodeName === undefined ? await fleet.requireNodes() : [await fleet.node(nodeName)];
  const asked = await askNodes(fleet, nodes, (agent) => agent.call((rpc, options) => rpc.listServices({}, options)));
  const holders = asked.answers.flatMap(({ node, value }) => {
    const state = value.services.find(({ spec }) => spec?.name === service);
    return state === undefined ? [] : [{ node, state }];
  });
  const [holder, another] = holders;
  if (holder === undefined) throw notFound(fleet, service, asked);
  if (another !== undefined) throw onSeveral(service, holders);
  const names = holder.state.components.map(({ name }) => name);
  requireComponent(service, component, names);
  return { node: holder.node, registered: holder.state.spec };
}

type Asked = NodeAnswers<{ readonly services: readonly ServiceState[] }>;

function notFound(fleet: Fleet, service: string, { answers, failures }: Asked): AppError {
  const [failure] = failures;
  if (answers.length === 0 && failure !== undefined) return failure.error;
  const path = serviceFilePath(fleet.config.servicesDir, service);
  if (failures.length > 0) {
    const away = failures.map(({ node }) => node.name).join(", ");
    const message = `There is no file ${path}, and no registry that answered has the service ${service}; not asked: ${away}`;
    return new AppError("unavailable", "SERVICE_NOT_FOUND_EVERYWHERE", message, {
      cause: failure?.error,
      hint: "'mcpctl node status' shows what is away",
    });
  }
  const known = answers.flatMap(({ value }) => value.services.map(({ spec }) => spec?.name ?? ""));
  const [near] = nearest(service, known);
  return new AppError(
    "not_found",
    "SERVICE_UNKNOWN",
    `There is no service ${service}: neither a file ${path} nor the registry of a node has it`,
    {
      hint:
        near === undefined ? "write that file, or name another one with -f; 'mcpctl list' shows what there is" : `did you mean ${near}?`,
    },
  );
}

function onSeveral(service: string, holders: readonly { readonly node: FleetNode }[]): AppError {
  const names = holders.map(({ node }) => node.name);
  return new AppError("conflict", "SERVICE_ON_SEVERAL_NODES", `The service ${service} is on several nodes: ${names.join(", ")}`, {
    hint: `add --node ${names[0] ?? "NAME"}`,
  });
}
