import type { ComponentResult } from "../agent-use-cases.ts";
import { type Outcome, outcomeOf, withDone } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { Work } from "../operation/operations.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { rollBackComponent } from "./roll-back-component.ts";

/** Components with the number of the deployment that each goes back to; the operation's input. */
export interface RollbackOrder {
  readonly targets: readonly (readonly [component: string, number: number])[];
}

export async function rollBackService(
  deps: EngineDeps,
  run: OperationRun,
  { targets }: RollbackOrder,
  done: Parameters<Work>[1],
): Promise<Outcome> {
  const { service } = run.operation;
  const results: ComponentResult[] = [];
  for (const [name, number] of targets) results.push(withDone(await rollBackComponent(deps, run, { service, name }, number), done));
  return outcomeOf(results);
}
