import { AppError } from "../../core/app-error.ts";
import type { ComponentResult, OperationReport } from "../agent-use-cases.ts";
import type { OperationRecord, Registry } from "../registry/registry.ts";

/** An operation with its steps and results. Throws `not_found`/`OPERATION_NOT_FOUND`. */
export async function operationReport(registry: Pick<Registry, "operation" | "steps">, id: string): Promise<OperationReport> {
  const operation = await registry.operation(id);
  if (operation === undefined) {
    throw new AppError("not_found", "OPERATION_NOT_FOUND", `There is no operation ${id} on this node`, {
      hint: "mcpctl ops shows the last ones; old ones are forgotten",
    });
  }
  return { operation, steps: await registry.steps(id), results: resultsOf(operation) };
}

export function resultsOf({ results }: Pick<OperationRecord, "results">): readonly ComponentResult[] {
  return results === "" ? [] : JSON.parse(results);
}
