import type { ComponentResult } from "../agent-use-cases.ts";
import { ComponentContainers } from "../deploy/component-containers.ts";
import type { EngineDeps } from "../deploy/engine-deps.ts";
import { observeNow } from "../deploy/observe-now.ts";
import { stopContainer } from "../deploy/stop-container.ts";
import { failedResult, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { ComponentRecord } from "../registry/registry.ts";

/** Stops a component, and has it stay stopped. */
export async function stopComponent(deps: EngineDeps, run: OperationRun, record: ComponentRecord): Promise<ComponentResult> {
  const { service, name } = record;
  try {
    await deps.registry.setDesired(service, name, "stopped");
    await haltComponent(deps, run, record);
    await deps.registry.setHealth(service, name, "none", "");
    return resultOf(name, "stopped", { version: record.version, deployment: record.deployment });
  } catch (thrown) {
    run.requireGoing();
    return failedResult(name, thrown);
  }
}

/** Stops what runs of a component; what is wanted of it stays. */
export async function haltComponent(deps: EngineDeps, run: OperationRun, { service, name, spec }: ComponentRecord): Promise<void> {
  await run.step({ component: name, name: "stop" }, async () => {
    const containers = await ComponentContainers.of(deps, service, name);
    await containers.tidy(run.signal);
    const container = await containers.current(run.signal);
    if (container !== undefined) await stopContainer(deps, container, run.signal);
  });
  await observeNow(deps, service, spec, run.signal);
}
