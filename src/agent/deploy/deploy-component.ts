import type { ContainerInfo } from "../../runtime/runtime.ts";
import { versionOfImage } from "../../service-definition/image-reference.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import type { ComponentPlan, ComponentResult, PullPolicy } from "../agent-use-cases.ts";
import { type Blueprint, blueprintOf } from "../component/blueprint.ts";
import { failedResult, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import { ComponentContainers } from "./component-containers.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { observeNow } from "./observe-now.ts";
import { hasProcess, isUp, planComponent } from "./plan-component.ts";
import { replaceComponent } from "./replace-component.ts";
import type { Replacement } from "./replacement.ts";
import { resolveImage } from "./resolve-image.ts";
import { startInPlace } from "./start-in-place.ts";
import { stopContainer } from "./stop-container.ts";

export interface DeployWish {
  readonly service: string;
  readonly component: ComponentDefinition;
  readonly active: boolean;
  readonly pull: PullPolicy;
}

/** Brings one component to what is wished, by the shortest way. Never throws but where the agent ends. */
export async function deployComponent(deps: EngineDeps, run: OperationRun, wish: DeployWish): Promise<ComponentResult> {
  const { service, component, active } = wish;
  try {
    const containers = await ComponentContainers.of(deps, service, component.name);
    if (!active) return await deactivate(deps, run, wish, containers);
    const { image, blueprint } = await resolve(deps, run, wish, containers);
    const have = await containers.current(run.signal);
    const plan = planComponent({ component: component.name, want: { blueprint, updateOrder: component.updateOrder, active }, have });
    const isKept = plan.action === "none" || plan.action === "start";
    const result = isKept && have !== undefined ? await keep(deps, run, wish, have) : undefined;
    if (result !== undefined) return result;
    const replacement = await replacementOf(deps, containers, wish, plan, have);
    const source = { kind: "made", blueprint, image } as const;
    return await replaceComponent(deps, run, { service, replacement, source, action: "deployed" });
  } catch (thrown) {
    run.requireGoing();
    return failedResult(component.name, thrown);
  }
}

/** The image, and all else that can fail before anything is touched. */
async function resolve(deps: EngineDeps, run: OperationRun, { service, component, pull }: DeployWish, containers: ComponentContainers) {
  const isHere = (await deps.runtime.image(component.image, run.signal)) !== undefined;
  return await run.step({ component: component.name, name: isHere && pull !== "always" ? "resolve" : "pull" }, async (progress) => {
    await containers.tidy(run.signal);
    const image = await resolveImage(deps.runtime, { reference: component.image, policy: pull }, progress, run.signal);
    const blueprint: Blueprint = await blueprintOf(deps, { service, component, image }, run.signal);
    return { image, blueprint };
  });
}

async function replacementOf(
  deps: EngineDeps,
  containers: ComponentContainers,
  { service, component }: DeployWish,
  plan: ComponentPlan,
  have: Awaited<ReturnType<ComponentContainers["current"]>>,
): Promise<Replacement> {
  const record = await deps.registry.component(service, component.name);
  return {
    kind: "deploy",
    component: component.name,
    number: containers.nextNumber,
    order: plan.action === "replace-stop-first" ? "stop-first" : "start-first",
    before: have === undefined ? null : { id: have.id, deployment: containers.owner.deployment, ran: isUp(have) },
    kept: null,
    registered: record === undefined ? null : { spec: record.spec, desired: record.desired },
    spec: component,
  };
}

/**
 * The container is as it should be; what is said of it outside the container may be new, and it may have to be started.
 * Undefined: it cannot be started any more.
 */
async function keep(
  deps: EngineDeps,
  run: OperationRun,
  { service, component }: DeployWish,
  have: ContainerInfo,
): Promise<ComponentResult | undefined> {
  const { name } = component;
  await deps.registry.updateSpec(service, component);
  await deps.registry.setDesired(service, name, "running");
  if (isUp(have)) await observeNow(deps, service, component, run.signal);
  else if (!(await startInPlace(deps, run, { service, spec: component, container: have, waits: true }))) return undefined;
  const { deployment = 0 } = (await deps.registry.component(service, name)) ?? {};
  return resultOf(name, isUp(have) ? "unchanged" : "started", {
    version: versionOfImage(component.image),
    imageDigest: have.imageDigest,
    containerId: have.id,
    deployment,
  });
}

/** A service that is not active is written down, and does not run. */
async function deactivate(deps: EngineDeps, run: OperationRun, { service, component }: DeployWish, containers: ComponentContainers) {
  const { registry } = deps;
  await registry.updateSpec(service, component);
  await registry.setDesired(service, component.name, "stopped");
  const have = await containers.current(run.signal);
  const stops = have !== undefined && hasProcess(have);
  if (stops) await run.step({ component: component.name, name: "stop" }, () => stopContainer(deps, have, run.signal));
  await observeNow(deps, service, component, run.signal);
  return resultOf(component.name, stops ? "stopped" : "unchanged", { deployment: containers.owner.deployment });
}
