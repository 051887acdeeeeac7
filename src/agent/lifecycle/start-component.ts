import type { ComponentResult } from "../agent-use-cases.ts";
import { awaitHealthy } from "../deploy/await-healthy.ts";
import { ComponentContainers } from "../deploy/component-containers.ts";
import type { EngineDeps } from "../deploy/engine-deps.ts";
import { healComponent } from "../deploy/heal-component.ts";
import { observeNow } from "../deploy/observe-now.ts";
import { isUp } from "../deploy/plan-component.ts";
import { startContainer } from "../deploy/start-container.ts";
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
    await run.step({ component: name, name: "start" }, () => startContainer(deps, container.name, run.signal));
    const { healthcheck } = spec;
    await run.step({ component: name, name: "gate" }, (progress) =>
      awaitHealthy(deps, { name: container.name, healthcheck }, progress, run.signal),
    );
    await observeNow(deps, service, spec, run.signal);
    await deps.registry.setHealth(service, name, healthcheck === undefined ? "none" : "healthy", "");
    return resultOf(name, "started", result);
  } catch (thrown) {
    run.requireGoing();
    await observeNow(deps, service, spec).catch(() => {});
    return failedResult(name, thrown);
  }
}
