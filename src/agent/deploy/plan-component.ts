import type { ContainerInfo } from "../../runtime/runtime.ts";
import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import type { ComponentPlan } from "../agent-use-cases.ts";
import type { Blueprint } from "../component/blueprint.ts";
import { diffOf } from "../component/diff-of.ts";
import { LABELS } from "../component/labels.ts";
import { clashOf } from "./clash-of.ts";

export interface PlanInput {
  readonly component: string;
  /** Undefined: it is not in the definition any more. */
  readonly want:
    | { readonly blueprint: Blueprint; readonly updateOrder: ComponentDefinition["updateOrder"]; readonly active: boolean }
    | undefined;
  /** The component's own container, where it has one. */
  readonly have: ContainerInfo | undefined;
}

/** What is to be done to one component. Pure. */
export function planComponent({ component, want, have }: PlanInput): ComponentPlan {
  const plan = (action: ComponentPlan["action"], more: Partial<ComponentPlan> = {}) => ({
    component,
    action,
    diffs: [],
    reason: "",
    ...more,
  });
  if (want === undefined) return plan("remove", { reason: "it is not in the definition any more" });
  if (!want.active) return plan(have !== undefined && hasProcess(have) ? "stop" : "none", { reason: "the service is not active" });
  if (have === undefined) return plan("create");
  const diffs = diffsOf(want.blueprint, have);
  if (diffs.length > 0) return plan(...orderOf(want, have, diffs));
  return plan(isUp(have) ? "none" : "start");
}

/** Whether it serves, or would if nobody had paused it. */
export function isUp({ state }: Pick<ContainerInfo, "state">): boolean {
  return state === "running" || state === "starting";
}

/** Whether it has a process still: it may serve no more, as one whose stop was broken off when its engine's service was killed. */
export function hasProcess({ state }: Pick<ContainerInfo, "state">): boolean {
  return state === "running" || state === "starting" || state === "paused" || state === "stopping";
}

/** One that was not made by us has no hash: its fields alone tell. */
export function diffsOf(blueprint: Blueprint, have: ContainerInfo): ComponentPlan["diffs"] {
  const diffs = diffOf(blueprint, have);
  const hash = have.labels[LABELS.specHash];
  if (diffs.length > 0 || hash === undefined || hash === blueprint.specHash) return diffs;
  return [{ field: "spec", want: blueprint.specHash.slice(0, 12), have: hash.slice(0, 12) }];
}

function orderOf(
  want: NonNullable<PlanInput["want"]>,
  have: ContainerInfo,
  diffs: ComponentPlan["diffs"],
): [ComponentPlan["action"], Partial<ComponentPlan>] {
  const order = updateOrderOf(want.updateOrder, want.blueprint.spec, have);
  return [`replace-${order.order}`, { diffs, reason: order.reason }];
}

/** Start-first, unless that is impossible or somebody has said otherwise. */
export function updateOrderOf(
  wish: ComponentDefinition["updateOrder"],
  spec: Blueprint["spec"],
  have: Pick<ContainerInfo, "spec" | "state">,
): { readonly order: "start-first" | "stop-first"; readonly reason: string } {
  if (wish === "stop-first") return { order: "stop-first", reason: "its update_order says so" };
  const clash = clashOf(spec, have.spec);
  if (clash === undefined || (clash.kind === "volume" && wish === "start-first")) return { order: "start-first", reason: "" };
  return { order: "stop-first", reason: clash.text };
}
