import type { ComponentResult } from "../agent-use-cases.ts";
import { type Outcome, outcomeOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import { ComponentContainers } from "./component-containers.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { observeNow } from "./observe-now.ts";
import { rollBackComponent } from "./roll-back-component.ts";

/** After a failure: the components that were deployed go back to what they were, the last one first. */
export async function revertComponents(
  deps: EngineDeps,
  run: OperationRun,
  service: string,
  results: readonly ComponentResult[],
): Promise<Outcome> {
  const reverted = new Map<string, ComponentResult>();
  for (const result of [...results].reverse()) {
    if (result.action === "deployed") reverted.set(result.component, await revert(deps, run, service, result));
  }
  const all = results.map((result) => reverted.get(result.component) ?? result);
  const { state, error } = outcomeOf(all);
  const isBack = [...reverted.values()].every(({ action }) => action === "rolled back");
  return { state: isBack ? "rolled_back" : state, results: all, error };
}

async function revert(deps: EngineDeps, run: OperationRun, service: string, result: ComponentResult): Promise<ComponentResult> {
  const because = { ok: false, error: "another component has failed" };
  const { component } = result;
  const { replaced = 0 } = (await deps.registry.deployments(service, component)).find(({ number }) => number === result.deployment) ?? {};
  if (replaced > 0) {
    const back = await rollBackComponent(deps, run, { service, name: component }, replaced);
    return back.ok ? { ...back, ...because } : back;
  }
  await run.step({ component, name: "remove" }, async () => {
    const current = await (await ComponentContainers.of(deps, service, component)).current(run.signal);
    if (current !== undefined) await deps.runtime.remove(current.id, { volumes: true, signal: run.signal });
    await deps.registry.setCurrentDeployment(service, component, 0);
    await deps.registry.setDesired(service, component, "stopped");
    await observeNow(deps, service, { name: component, image: "" }, run.signal);
  });
  return { ...result, ...because, action: "rolled back", containerId: "", deployment: 0 };
}
