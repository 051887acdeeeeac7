import type { ComponentResult } from "../agent-use-cases.ts";
import { failedResult, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import { ComponentContainers } from "./component-containers.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { hasProcess } from "./plan-component.ts";
import { stopContainer } from "./stop-container.ts";

/**
 * Removes a component's containers, those that are kept too, and what the registry knows of it. Volumes with a name stay.
 * A container that is somebody else's is left alone, and is no reason to keep the component.
 */
export async function removeComponent(deps: EngineDeps, run: OperationRun, service: string, component: string): Promise<ComponentResult> {
  const { runtime, registry } = deps;
  try {
    await registry.setDesired(service, component, "ignore");
    await run.step({ component, name: "remove" }, async () => {
      const containers = await ComponentContainers.of(deps, service, component);
      const isForeign = (thrown: unknown) => (thrown as { reason?: unknown }).reason === "CONTAINER_FOREIGN";
      const current = await containers.current(run.signal).catch((thrown) => {
        if (!isForeign(thrown)) throw thrown;
        return undefined;
      });
      if (current !== undefined) {
        // What does not stop is killed with its removal.
        if (hasProcess(current)) await stopContainer(deps, current, run.signal).catch(() => run.requireGoing());
        await runtime.remove(current.id, { volumes: true, signal: run.signal });
      }
      for (const other of await containers.others(run.signal)) await runtime.remove(other.id, { volumes: true, signal: run.signal });
      await containers.forget(
        containers.deployments.map(({ number }) => number),
        run.signal,
      );
    });
    await registry.deleteComponent(service, component);
    return resultOf(component, "removed");
  } catch (thrown) {
    run.requireGoing();
    return failedResult(component, thrown);
  }
}
