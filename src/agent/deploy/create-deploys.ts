import type { DeployInput, DeployUseCases } from "../agent-use-cases.ts";
import type { Operations } from "../operation/operations.ts";
import { componentNotFound } from "../registry/not-found.ts";
import { type DeployOrder, deployService } from "./deploy-service.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { planService, requireFresh } from "./plan-service.ts";
import { registeredDefinition } from "./registered-definition.ts";
import { requireService } from "./require-service.ts";
import { nothingToRollBackTo, rollbackTarget } from "./roll-back-component.ts";
import { type RollbackOrder, rollBackService } from "./roll-back-service.ts";

export interface DeploysDeps extends EngineDeps {
  readonly operations: Operations;
  /** Throws where this node takes no deploys, as one that is drained. */
  readonly requireOpen: () => void;
}

export function createDeploys(deps: DeploysDeps): DeployUseCases {
  return {
    async deploy(caller, input) {
      const { what, component, requestId } = input;
      const service = "definition" in what ? what.definition.name : what.service;
      const request = { kind: "deploy", service, component, requestId, caller } as const;
      const repeated = await deps.operations.repeated(request);
      if (repeated !== undefined) return repeated;
      deps.requireOpen();
      const order = await orderOf(deps, input);
      const check = () => requireFresh(deps, order);
      return await deps.operations.begin({ ...request, input: order, check }, (run, done) => deployService(deps, run, order, done));
    },
    plan: async (input) => await planService(deps, await orderOf(deps, { ...input, onFailure: "continue", pull: "missing" })),
    async rollback(caller, { service, component, to, requestId }) {
      const request = { kind: "rollback", service, component, requestId, caller } as const;
      const repeated = await deps.operations.repeated(request);
      if (repeated !== undefined) return repeated;
      deps.requireOpen();
      const order = await rollbackOrderOf(deps, { service, component, to });
      return await deps.operations.begin({ ...request, input: order }, (run, done) => rollBackService(deps, run, order, done));
    },
  };
}

/** Throws `not_found`/`SERVICE_NOT_FOUND`, `COMPONENT_NOT_FOUND`. */
async function orderOf(deps: EngineDeps, input: Omit<DeployInput, "requestId">): Promise<DeployOrder> {
  const { what, component, planToken, onFailure, pull } = input;
  const definition = "definition" in what ? what.definition : await registeredDefinition(deps.registry, what.service);
  if (component !== undefined && !definition.components.some(({ name }) => name === component)) {
    throw componentNotFound(definition.name, component);
  }
  return { definition, component, planToken, onFailure, pull };
}

/** Which deployment each component goes back to is settled at once: done twice, a rollback goes back no further. */
async function rollbackOrderOf(
  { registry }: EngineDeps,
  { service, component, to }: { readonly service: string; readonly component: string | undefined; readonly to: number | undefined },
): Promise<RollbackOrder> {
  const targets: [string, number][] = [];
  const records = await requireService(registry, service, component);
  for (const { name, deployment } of records) {
    const target = rollbackTarget(deployment, await registry.deployments(service, name), to);
    if (target !== undefined) targets.push([name, target.number]);
  }
  if (targets.length === 0) throw nothingToRollBackTo(service, records.map(({ name }) => name).join(", "), to);
  return { targets };
}
