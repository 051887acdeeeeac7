import type { ComponentResult } from "../agent-use-cases.ts";
import type { EngineDeps } from "../deploy/engine-deps.ts";
import { removeComponent } from "../deploy/remove-component.ts";
import type { OperationRun } from "../operation/operation-run.ts";

/** Removes one component, or the service with all that it has; the service goes when nothing of it is left. */
export async function removeService(
  deps: EngineDeps,
  run: OperationRun,
  component: string | undefined,
): Promise<readonly ComponentResult[]> {
  const { registry } = deps;
  const { service } = run.operation;
  const records = (await registry.components({ service })).filter(({ name }) => component === undefined || name === component);
  const results: ComponentResult[] = [];
  for (const { name } of records.toReversed()) results.push(await removeComponent(deps, run, service, name));
  if (results.every(({ ok }) => ok) && (await registry.components({ service })).length === 0) await registry.deleteService(service);
  return results;
}
