import { hash } from "node:crypto";
import { canonicalJson } from "../../mcp/canonical-json.ts";
import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import type { ComponentPlan } from "../agent-use-cases.ts";
import { LABELS } from "../component/labels.ts";
import { isUp } from "./plan-component.ts";

export interface PlannedState {
  readonly component: string;
  readonly wish: ComponentDefinition | undefined;
  /** What is to be done; where a secret has changed, that is the sign of it. */
  readonly plan: ComponentPlan;
  readonly have: ContainerInfo | undefined;
  readonly deployment: number;
}

/**
 * Names a plan with what it was made from, the wish and the state: it is another one as soon as any of them has changed. No
 * value of a secret goes into it, since whoever may look gets it.
 */
export function planTokenOf(service: { readonly name: string; readonly active: boolean }, states: readonly PlannedState[]): string {
  const seen = states.map(({ component, wish, plan, have, deployment }) => ({
    component,
    // What is not said is not in JSON.
    wish: wish === undefined ? null : JSON.parse(JSON.stringify(wish)),
    action: plan.action,
    diffs: plan.diffs.map(({ field }) => field),
    deployment,
    have: have === undefined ? null : { id: have.id, up: isUp(have), hash: have.labels[LABELS.specHash] ?? "" },
  }));
  return hash("sha256", canonicalJson({ name: service.name, active: service.active, seen }), "hex");
}
