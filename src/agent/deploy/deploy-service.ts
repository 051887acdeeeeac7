import { orderByDependencies } from "../../service-definition/component-order.ts";
import type { ComponentDefinition, ServiceDefinition } from "../../service-definition/service-definition.ts";
import type { ComponentResult, DeployInput } from "../agent-use-cases.ts";
import { type Outcome, outcomeOf, resultOf, withDone } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { Work } from "../operation/operations.ts";
import type { ComponentRecord } from "../registry/registry.ts";
import { deployComponent } from "./deploy-component.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { goneOf } from "./plan-service.ts";
import { removeComponent } from "./remove-component.ts";
import { revertComponents } from "./revert-components.ts";

/** What a deploy of a service is to bring about; it stands in the registry as the operation's input. */
export interface DeployOrder extends Pick<DeployInput, "onFailure" | "pull"> {
  readonly definition: ServiceDefinition;
  /** Undefined: all of them, and those go that are not in the definition any more. */
  readonly component?: string | undefined;
  /** Of the plan that was agreed to. */
  readonly planToken?: string | undefined;
}

/** Deploys the components of a service one after another, each after those it depends on. */
export async function deployService(deps: EngineDeps, run: OperationRun, order: DeployOrder, done: Parameters<Work>[1]): Promise<Outcome> {
  const { definition, component, onFailure, pull } = order;
  const { name: service, active } = definition;
  const known = await deps.registry.components({ service });
  await run.step({ component: "", name: "record" }, () => record(deps, order, known));
  const targets = definition.components.filter(({ name }) => component === undefined || name === component);
  const results: ComponentResult[] = [];
  for (const each of orderByDependencies(targets) ?? targets) {
    const blocker = blockerOf(each, results, onFailure, known);
    if (blocker !== undefined) results.push(resultOf(each.name, "not begun", { ok: false, error: blocker }));
    else results.push(withDone(await deployComponent(deps, run, { service, component: each, active, pull }), done));
  }
  const hasFailed = results.some(({ ok }) => !ok);
  if (hasFailed && onFailure === "revert") return await revertComponents(deps, run, service, results);
  if (component === undefined && !(hasFailed && onFailure === "stop")) results.push(...(await removeGone(deps, run, definition, known)));
  return outcomeOf(results);
}

/** Why a component is not begun: one has failed and no more are wanted, or it needs one that does not run. */
function blockerOf(
  component: ComponentDefinition,
  results: readonly ComponentResult[],
  onFailure: DeployInput["onFailure"],
  known: readonly ComponentRecord[],
): string | undefined {
  const failed = results.filter(({ ok }) => !ok).map((result) => result.component);
  if (failed.length > 0 && onFailure !== "continue") return `${failed[0]} has failed`;
  // One that was there before still serves after its deploy has failed.
  const missing = failed.find(
    (name) => component.dependsOn.includes(name) && !known.some((each) => each.name === name && each.deployment > 0),
  );
  return missing === undefined ? undefined : `it depends on ${missing}, which has failed`;
}

/**
 * The registry has the whole service before anything is done. A component that was deployed before keeps its old spec until
 * the new one is in effect: what the registry says and what runs are never apart for longer than a commit.
 */
async function record(
  { registry, clock }: EngineDeps,
  { definition, component }: DeployOrder,
  known: readonly ComponentRecord[],
): Promise<void> {
  const inEffect = new Map(known.filter(({ deployment }) => deployment > 0).map(({ name, spec }) => [name, spec]));
  const wished = definition.components.map((each) => inEffect.get(each.name) ?? each);
  if (component === undefined) {
    await registry.saveService({ ...definition, components: wished }, clock.now());
    return;
  }
  const others = known.filter(({ name, desired }) => name !== component && desired !== "ignore").map(({ spec }) => spec);
  const one = wished.filter(({ name }) => name === component);
  await registry.saveService({ ...definition, components: [...others, ...one] }, clock.now());
}

async function removeGone(deps: EngineDeps, run: OperationRun, definition: ServiceDefinition, known: readonly ComponentRecord[]) {
  const results: ComponentResult[] = [];
  const gone = goneOf(definition, known);
  for (const { name } of gone) results.push(await removeComponent(deps, run, definition.name, name));
  const wanted = new Set([...definition.components, ...gone].map(({ name }) => name));
  for (const { name, desired } of known) {
    // Nothing of it ever ran; what nobody has declared is only watched.
    if (!wanted.has(name) && desired !== "ignore") await deps.registry.deleteComponent(definition.name, name);
  }
  return results;
}
