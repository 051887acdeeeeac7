import { toAppError } from "../../core/app-error.ts";
import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import { awaitHealthy } from "./await-healthy.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { observeNow } from "./observe-now.ts";
import { isBeyondStart, startContainer } from "./start-container.ts";

export interface StartInPlace {
  readonly service: string;
  readonly spec: ComponentDefinition;
  /** The component's own. */
  readonly container: ContainerInfo;
  /** Whether the operation waits until it is healthy; else the monitor sees to that. */
  readonly waits: boolean;
}

/**
 * Starts a component's container where it stands, and writes down what came of it. Resolves with whether it could be
 * started: one that is beyond that has to be made anew.
 */
export async function startInPlace(
  deps: EngineDeps,
  run: OperationRun,
  { service, spec, container, waits }: StartInPlace,
): Promise<boolean> {
  const { name: component, healthcheck } = spec;
  const isStarted = await run.step({ component, name: "start" }, async (progress) => {
    try {
      await startContainer(deps, container.name, run.signal);
      return true;
    } catch (thrown) {
      // One that somebody has paused is not beyond it, and what it holds in memory is theirs.
      if (container.state === "paused" || !isBeyondStart(thrown)) throw thrown;
      progress(`it has to be made anew: ${toAppError(thrown).message}`);
      return false;
    }
  });
  if (!isStarted) return false;
  const { name } = container;
  if (waits) await run.step({ component, name: "gate" }, (progress) => awaitHealthy(deps, { name, healthcheck }, progress, run.signal));
  await observeNow(deps, service, spec, run.signal);
  if (waits) await deps.registry.setHealth(service, component, healthcheck === undefined ? "none" : "healthy", "");
  return true;
}
