import { AppError, toAppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { orderByDependencies } from "../../service-definition/component-order.ts";
import { containerNameOf } from "../../service-definition/service-definition.ts";
import type { ComponentResult, LifecycleUseCases } from "../agent-use-cases.ts";
import type { ComponentRecord, Registry } from "../registry/registry.ts";
import type { DrainState } from "./drain-state.ts";

/** Between two looks at the operations that still run. */
const LOOK_MS = 200;
const MAX_OPERATIONS = 10_000;

export interface DrainDeps {
  readonly registry: Registry;
  readonly runtime: Pick<Runtime, "stop">;
  readonly lifecycle: Pick<LifecycleUseCases, "start">;
  readonly state: DrainState;
  readonly clock: Clock;
  readonly wait: (ms: number) => Promise<void>;
}

export interface DrainInput {
  readonly stopComponents: boolean;
  readonly limitMs: number;
}

/**
 * Takes no deploys from now on, waits for the operations that run, and stops the components if asked; what is wanted of
 * them stays, so that `undrain` starts them. Components are named `service/component` in the results; those of a service
 * whose operation runs beyond the limit are told there, and left alone.
 */
export async function drainNode(deps: DrainDeps, caller: string, input: DrainInput): Promise<readonly ComponentResult[]> {
  await deps.state.set(true, caller, deps.clock.now());
  const busy = await untilSettled(deps, input.limitMs);
  const results: ComponentResult[] = [];
  for (const component of ordered(await deps.registry.components()).reverse()) {
    const operation = busy.get(component.service);
    if (operation !== undefined)
      results.push(failed(component, new AppError("deadline", "DRAIN_LIMIT", `The operation ${operation} still runs`)));
    else if (input.stopComponents && mayRun(component)) results.push(...(await stopped(deps, component)));
  }
  return results;
}

/** Takes deploys again, and starts what is wanted and does not run, as far as each can be. */
export async function undrainNode(deps: DrainDeps, caller: string): Promise<readonly ComponentResult[]> {
  await deps.state.set(false, caller, deps.clock.now());
  const results: ComponentResult[] = [];
  for (const component of ordered(await deps.registry.components({ desired: "running" }))) {
    // What was only declared is begun by a deploy.
    const wasThere = component.deployment > 0 || component.containerId !== undefined;
    if (wasThere && component.observed !== "running") results.push(await started(deps, caller, component));
  }
  return results;
}

/** The operations that run beyond the limit, by service. */
async function untilSettled({ registry, wait }: DrainDeps, limitMs: number): Promise<ReadonlyMap<string, string>> {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const running = await registry.operations({ running: true, limit: MAX_OPERATIONS });
    if (running.length === 0 || waitedMs >= limitMs) return new Map(running.map(({ service, id }) => [service, id]));
    await wait(LOOK_MS);
  }
}

function mayRun({ desired, observed }: ComponentRecord): boolean {
  return desired !== "ignore" && (observed === "running" || observed === "unknown");
}

/** Nothing where there is no such container. */
async function stopped({ runtime, registry, clock }: DrainDeps, component: ComponentRecord): Promise<readonly ComponentResult[]> {
  const { service, name, spec, containerId } = component;
  try {
    await runtime.stop(containerNameOf(service, name), spec.stopTimeoutMs);
    // Not left to the next look: an undo that comes before it would take the component for one that runs.
    await registry.observe([{ service, component: name, observed: "stopped", at: clock.now(), ...(containerId && { containerId }) }]);
    return [resultOf(component, { ok: true, action: "stopped" })];
  } catch (thrown) {
    const error = toAppError(thrown);
    return error.code === "not_found" ? [] : [failed(component, error)];
  }
}

async function started({ lifecycle }: DrainDeps, caller: string, component: ComponentRecord): Promise<ComponentResult> {
  try {
    const begun = await lifecycle.start(caller, { service: component.service, component: component.name, requestId: "" });
    const { results } = await begun.finished();
    const result = results.find((each) => each.component === component.name);
    return result === undefined ? resultOf(component, { ok: true, action: "started" }) : { ...result, component: nameOf(component) };
  } catch (thrown) {
    return failed(component, toAppError(thrown));
  }
}

/** Each service's components behind those they depend on. */
function ordered(components: readonly ComponentRecord[]): ComponentRecord[] {
  const services = [...new Set(components.map(({ service }) => service))];
  return services.flatMap((service) => {
    const own = components.filter((each) => each.service === service);
    const order = orderByDependencies(own.map(({ spec }) => spec))?.map(({ name }) => name) ?? [];
    return [...own].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  });
}

function nameOf({ service, name }: ComponentRecord): string {
  return `${service}/${name}`;
}

function failed(component: ComponentRecord, error: AppError): ComponentResult {
  return resultOf(component, { ok: false, action: "failed", error: error.message, hint: error.hint ?? "" });
}

function resultOf(component: ComponentRecord, outcome: Partial<ComponentResult> & Pick<ComponentResult, "ok" | "action">): ComponentResult {
  return {
    component: nameOf(component),
    error: "",
    hint: "",
    version: component.version,
    imageDigest: component.imageDigest ?? "",
    containerId: component.containerId ?? "",
    deployment: component.deployment,
    ...outcome,
  };
}
