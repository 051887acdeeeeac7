import { AppError } from "../../core/app-error.ts";
import { imageNotFound } from "../../runtime/runtime-errors.ts";
import type { ComponentResult } from "../agent-use-cases.ts";
import { blueprintOf } from "../component/blueprint.ts";
import { failedResult, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { ComponentRecord } from "../registry/registry.ts";
import { ComponentContainers } from "./component-containers.ts";
import { deployComponent } from "./deploy-component.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { isUp } from "./plan-component.ts";
import { replaceComponent } from "./replace-component.ts";
import { startInPlace } from "./start-in-place.ts";

export interface HealOptions {
  /** Makes the container anew even where it is there. */
  readonly recreate: boolean;
}

/**
 * Has a component run as its current deployment says: starts its container, or makes it anew from the image that was
 * deployed, whatever its tag stands for by now. One that was never deployed is deployed, without a pull where the image is here.
 */
export async function healComponent(
  deps: EngineDeps,
  run: OperationRun,
  record: ComponentRecord,
  { recreate }: HealOptions,
): Promise<ComponentResult> {
  const { service, name: component, spec } = record;
  try {
    if (record.deployment === 0) return await deployComponent(deps, run, { service, component: spec, active: true, pull: "missing" });
    const containers = await ComponentContainers.of(deps, service, component);
    await containers.tidy(run.signal);
    const have = await containers.current(run.signal);
    if (have === undefined || recreate) return await recreateComponent(deps, run, record, containers);
    if (isUp(have)) return resultOf(component, "unchanged", { containerId: have.id, deployment: record.deployment });
    const isStarted = await startInPlace(deps, run, { service, spec, container: have, waits: false });
    if (!isStarted) return await recreateComponent(deps, run, record, containers);
    return resultOf(component, "started", { containerId: have.id, deployment: record.deployment });
  } catch (thrown) {
    run.requireGoing();
    return failedResult(component, thrown);
  }
}

async function recreateComponent(deps: EngineDeps, run: OperationRun, record: ComponentRecord, containers: ComponentContainers) {
  const { service, name: component } = record;
  const { replacement, source } = await run.step({ component, name: "resolve" }, async (progress) => {
    const deployed = containers.deployments.find(({ number }) => number === record.deployment);
    if (deployed === undefined)
      throw new AppError("internal", "DEPLOYMENT_LOST", `The deployment d${record.deployment} is not in the registry`);
    const { runtime } = deps;
    const kept = containers.names.keptImage(deployed.number);
    const image = (await runtime.image(deployed.imageId, run.signal)) ?? (await runtime.image(kept, run.signal));
    if (image === undefined) throw imageNotFound(`${deployed.image} of deployment ${deployed.number}`);
    progress(image.digest);
    const blueprint = await blueprintOf(deps, { service, component: deployed.spec, image }, run.signal);
    const have = await containers.current(run.signal);
    return {
      source: { kind: "made", blueprint, image } as const,
      replacement: {
        kind: "heal",
        component,
        number: deployed.number,
        order: "stop-first",
        before: have === undefined ? null : { id: have.id, deployment: deployed.number, ran: isUp(have) },
        kept: null,
        registered: { spec: record.spec, desired: record.desired },
        spec: deployed.spec,
      } as const,
    };
  });
  return await replaceComponent(deps, run, { service, replacement, source, action: "started" });
}
