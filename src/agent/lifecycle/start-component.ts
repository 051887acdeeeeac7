import type { ComponentResult } from "../agent-use-cases.ts";
import { ComponentContainers } from "../deploy/component-containers.ts";
import type { EngineDeps } from "../deploy/engine-deps.ts";
import { healComponent } from "../deploy/heal-component.ts";
import { observeNow } from "../deploy/observe-now.ts";
import { isUp } from "../deploy/plan-component.ts";
import { startInPlace } from "../deploy/start-in-place.ts";
import { failedResult, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { ComponentRecord } from "../registry/registry.ts";

/** Starts a component's container and waits until it is healthy; one that is gone is made anew from what was deployed last. */
export async function startComponent(deps: EngineDeps, run: OperationRun, record: ComponentRecord): Promise<ComponentResult> {
  const { service, name, spec } = record;
  try {
    await deps.registry.setDesired(service, name, "running");
    const containers = await ComponentContainers.of(deps, service, name);
    await containers.tidy(run.signal);
    const container = await containers.current(run.signal);
    if (container === undefined) return await healComponent(deps, run, { ...record, desired: "running" }, { recreate: false });
    const result = {
      version: record.version,
      imageDigest: container.imageDigest,
      containerId: container.id,
      deployment: record.deployment,
    };
    if (isUp(container)) return resultOf(name, "unchanged", result);
    const isStarted = await startInPlace(deps, run, { service, spec, container, waits: true });
    if (!isStarted) return await healComponent(deps, run, { ...record, desired: "running" }, { recreate: true });
    return resultOf(name, "started", result);
  } catch (thrown) {
    run.requireGoing();
    await observeNow(deps, service, spec).catch(() => {});
    return failedResult(name, thrown);
  }
}
