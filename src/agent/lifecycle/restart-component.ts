import type { ComponentResult } from "../agent-use-cases.ts";
import type { EngineDeps } from "../deploy/engine-deps.ts";
import { failedResult } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { ComponentRecord } from "../registry/registry.ts";
import { startComponent } from "./start-component.ts";
import { haltComponent } from "./stop-component.ts";

/** Stops a component and starts it again. */
export async function restartComponent(deps: EngineDeps, run: OperationRun, record: ComponentRecord): Promise<ComponentResult> {
  try {
    await deps.registry.setDesired(record.service, record.name, "running");
    await haltComponent(deps, run, record);
    const result = await startComponent(deps, run, record);
    return result.ok ? { ...result, action: "restarted" } : result;
  } catch (thrown) {
    run.requireGoing();
    return failedResult(record.name, thrown);
  }
}
