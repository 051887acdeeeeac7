import type { BegunOperation, ComponentResult, LifecycleInput, LifecycleUseCases } from "../agent-use-cases.ts";
import type { EngineDeps } from "../deploy/engine-deps.ts";
import { requireService } from "../deploy/require-service.ts";
import { outcomeOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { Operations, Work } from "../operation/operations.ts";
import type { ComponentRecord } from "../registry/registry.ts";
import { removeService } from "./remove-service.ts";
import { restartComponent } from "./restart-component.ts";
import { startComponent } from "./start-component.ts";
import { stopComponent } from "./stop-component.ts";

export interface LifecycleDeps extends EngineDeps {
  readonly operations: Operations;
}

export type LifecycleKind = "stop" | "start" | "restart" | "remove";

export function createLifecycle(deps: LifecycleDeps): LifecycleUseCases {
  const begin = async (kind: LifecycleKind, caller: string, input: LifecycleInput): Promise<BegunOperation> => {
    const { service, component, requestId } = input;
    const request = { kind, service, component, requestId, caller } as const;
    const repeated = await deps.operations.repeated(request);
    if (repeated !== undefined) return repeated;
    await requireService(deps.registry, service, component);
    return await deps.operations.begin({ ...request, input: {} }, lifecycleWork(deps, kind));
  };
  return {
    stop: (caller, input) => begin("stop", caller, input),
    start: (caller, input) => begin("start", caller, input),
    restart: (caller, input) => begin("restart", caller, input),
    remove: (caller, input) => begin("remove", caller, input),
  };
}

/** All of it may be done again: a restarted agent does. */
export function lifecycleWork(deps: EngineDeps, kind: LifecycleKind): Work {
  return async (run) => {
    const { service } = run.operation;
    const component = run.operation.component || undefined;
    if (kind === "remove") return outcomeOf(await removeService(deps, run, component));
    const records = await requireService(deps.registry, service, component);
    // `active` is what the whole service was told last.
    if (component === undefined) await deps.registry.updateService(service, { active: kind !== "stop" }, deps.clock.now());
    const inOrder = kind === "stop" ? records.toReversed() : records;
    const results: ComponentResult[] = [];
    for (const record of inOrder) results.push(await ACTS[kind](deps, run, record));
    return outcomeOf(results);
  };
}

type Act = (deps: EngineDeps, run: OperationRun, record: ComponentRecord) => Promise<ComponentResult>;

const ACTS: Readonly<Record<Exclude<LifecycleKind, "remove">, Act>> = {
  stop: stopComponent,
  start: startComponent,
  restart: restartComponent,
};
