import type { ContainerSummary } from "../../runtime/runtime.ts";
import { containerNameOf } from "../../service-definition/service-definition.ts";
import type { AdoptResult } from "../agent-use-cases.ts";
import { LABELS, labelsOfNode } from "../component/labels.ts";
import { isForeign } from "../component/ownership-of.ts";
import type { Operations } from "../operation/operations.ts";
import { beginAdoption } from "./adopt-all.ts";
import type { AdoptionDeps } from "./adopt-container.ts";
import { candidateOf } from "./plan-adoption.ts";

/**
 * Fills a registry that was lost, and of which there is no snapshot, from the containers of this node that carry our
 * labels and are no other agent's. They go on running as they are.
 *
 * A container tells what it was made with and whether it runs. It does not tell health checks, dependencies, how a service
 * heals itself, its comment, its events, its operations and its earlier deployments: sync the definitions afterwards.
 */
export async function rebuildRegistry(
  deps: AdoptionDeps & { readonly operations: Operations },
  caller: string,
): Promise<readonly AdoptResult[]> {
  const { runtime, registry, node, agent } = deps;
  const containers = (await runtime.list({ labels: labelsOfNode(node) })).filter(
    (container) => isCurrent(container) && !isForeign(container, deps),
  );
  const known = (await registry.services()).map(({ name }) => name);
  const services = [...new Set(containers.map(({ labels }) => labels[LABELS.service] ?? ""))].sort();
  // All at once: an agent that is killed meanwhile finds every one of them begun.
  const adoptions = services.map((service) => {
    const own = containers.filter(({ labels }) => labels[LABELS.service] === service);
    const scope = { node, agent, service, services: known };
    const candidates = own.map((container) => candidateOf(container, scope, container.labels[LABELS.component] ?? ""));
    return beginAdoption(deps, { caller, service, candidates });
  });
  return (await Promise.all(adoptions)).flat();
}

/** Not one that was being prepared, was set aside or is kept for a rollback: those have other names. */
function isCurrent({ name, labels }: ContainerSummary): boolean {
  const [service, component] = [labels[LABELS.service], labels[LABELS.component]];
  return service !== undefined && component !== undefined && name === containerNameOf(service, component);
}
