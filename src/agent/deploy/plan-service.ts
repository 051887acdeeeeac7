import { AppError, type ErrorCode, toAppError } from "../../core/app-error.ts";
import type { ComponentDefinition, ServiceDefinition } from "../../service-definition/service-definition.ts";
import type { ComponentPlan, Plan } from "../agent-use-cases.ts";
import { blueprintOf } from "../component/blueprint.ts";
import type { ComponentRecord } from "../registry/registry.ts";
import { ComponentContainers } from "./component-containers.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { planComponent } from "./plan-component.ts";
import { type PlannedState, planTokenOf } from "./plan-token.ts";

/** What is about the definition and the node, and not about an engine that does not answer. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(["invalid", "not_found", "denied", "precondition", "conflict"]);

/** What a deploy would do now. It looks, and changes nothing; an image that is not here yet counts as another one. */
export async function planService(
  deps: EngineDeps,
  { definition, component }: { readonly definition: ServiceDefinition; readonly component?: string | undefined },
): Promise<Plan> {
  const known = await deps.registry.components({ service: definition.name });
  const targets = definition.components.filter(({ name }) => component === undefined || name === component);
  const components: ComponentPlan[] = [];
  const states: PlannedState[] = [];
  for (const wish of targets) {
    const state = await planned(deps, definition, wish);
    components.push(state.plan);
    states.push(state);
  }
  for (const { name, deployment } of component === undefined ? goneOf(definition, known) : []) {
    const plan = planComponent({ component: name, want: undefined, have: undefined });
    components.push(plan);
    states.push({ component: name, wish: undefined, plan, have: undefined, deployment });
  }
  return { token: planTokenOf(definition, states), components };
}

/** Where a deploy would refuse it, that is its plan: the others are planned all the same. Throws where the engine cannot tell. */
async function planned(deps: EngineDeps, { name: service, active }: ServiceDefinition, wish: ComponentDefinition): Promise<PlannedState> {
  const containers = await ComponentContainers.of(deps, service, wish.name);
  const state = { component: wish.name, wish, deployment: containers.owner.deployment };
  try {
    const image = await deps.runtime.image(wish.image);
    const have = await containers.current();
    const blueprint = await blueprintOf(deps, { service, component: wish, image });
    const want = { blueprint, updateOrder: wish.updateOrder, active };
    return { ...state, have, plan: planComponent({ component: wish.name, want, have }) };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!REFUSALS.has(error.code)) throw thrown;
    return { ...state, have: undefined, plan: { component: wish.name, action: "refused", diffs: [], reason: error.message } };
  }
}

/** Throws `precondition`/`PLAN_STALE` where a plan was agreed to that would be another one now. */
export async function requireFresh(
  deps: EngineDeps,
  wish: { readonly definition: ServiceDefinition; readonly component?: string | undefined; readonly planToken?: string | undefined },
): Promise<void> {
  if (wish.planToken === undefined) return;
  const plan = await planService(deps, wish);
  if (plan.token === wish.planToken) return;
  const now = plan.components.map(({ component, action }) => `${component} ${action}`).join(", ");
  throw new AppError("precondition", "PLAN_STALE", `Something has changed since the plan was made; it would be now: ${now}`, {
    hint: "make a new plan and look at it",
  });
}

/** Components that a deploy of the whole service removes: what was never deployed by anybody is not ours to remove. */
export function goneOf(definition: ServiceDefinition, known: readonly ComponentRecord[]): readonly ComponentRecord[] {
  const wanted = new Set(definition.components.map(({ name }) => name));
  return known.filter(({ name, deployment }) => !wanted.has(name) && deployment > 0);
}
