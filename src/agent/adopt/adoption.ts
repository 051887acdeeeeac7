import { AppError } from "../../core/app-error.ts";
import type { ContainerSummary } from "../../runtime/runtime.ts";
import { parseName } from "../../service-definition/name-rules.ts";
import { containerNameOf } from "../../service-definition/service-definition.ts";
import type { AdoptionUseCases, AdoptResult, SyncResult } from "../agent-use-cases.ts";
import { LABELS } from "../component/labels.ts";
import { isForeign } from "../component/ownership-of.ts";
import type { Operations } from "../operation/operations.ts";
import { beginAdoption } from "./adopt-all.ts";
import type { AdoptionDeps } from "./adopt-container.ts";
import { candidateOf, componentOf, planAdoption } from "./plan-adoption.ts";
import { syncDefinition } from "./sync-definition.ts";

/** Sync and adoption: what is declared, and what was there before anybody declared it. */
export function createAdoption(deps: AdoptionDeps & { readonly operations: Operations }): AdoptionUseCases {
  return {
    async sync(_caller, definitions) {
      // First: where the engine cannot be asked, an empty list of what is ignored would be a lie.
      const containers = await deps.runtime.list();
      const results: SyncResult[] = [];
      for (const [index, definition] of definitions.entries()) {
        const isTwice = definitions.findIndex(({ name }) => name === definition.name) < index;
        results.push(isTwice ? twice(definition.name) : await syncDefinition(deps, definition));
      }
      return { results, ignored: await ignoredOf(deps, containers) };
    },

    async adopt(caller, service) {
      parseName(service);
      const { registry, runtime, node, agent } = deps;
      const services = (await registry.services()).map(({ name }) => name);
      const candidates = planAdoption(await runtime.list(), { node, agent, service, services });
      return beginAdoption(deps, { caller, service, candidates });
    },

    async adoptOne(caller, { service, container, component }) {
      parseName(service);
      const { registry, runtime, node, agent } = deps;
      const found = (await runtime.list()).find(({ name }) => name === container);
      if (found === undefined) throw new AppError("not_found", "CONTAINER_NOT_FOUND", `There is no container ${container}`);
      const services = (await registry.services()).map(({ name }) => name);
      const candidate = candidateOf(found, { node, agent, service, services }, component ?? componentOf(container, service));
      return (await beginAdoption(deps, { caller, service, component: candidate.component, candidates: [candidate] }))[0] as AdoptResult;
    },
  };
}

/** Containers that nobody has declared, by name. What a deploy keeps of a declared one, and what another agent runs, is not among them. */
async function ignoredOf({ registry, node, agent }: AdoptionDeps, containers: readonly ContainerSummary[]): Promise<readonly string[]> {
  const components = (await registry.components()).filter(({ desired }) => desired !== "ignore");
  const names = new Set(components.map(({ service, name }) => containerNameOf(service, name)));
  const keys = new Set(components.map(({ service, name }) => `${service}/${name}`));
  const isManaged = ({ labels }: ContainerSummary) =>
    labels[LABELS.managed] === "true" &&
    (isForeign({ labels }, { node, agent }) || keys.has(`${labels[LABELS.service]}/${labels[LABELS.component]}`));
  return containers
    .filter((container) => !names.has(container.name) && !isManaged(container))
    .map(({ name }) => name)
    .sort();
}

function twice(service: string): SyncResult {
  return { service, change: "failed", details: [], error: `${service} is defined twice` };
}
