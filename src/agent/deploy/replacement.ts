import type { ComponentDefinition } from "../../service-definition/service-definition.ts";
import type { DesiredState, StepRecord } from "../registry/registry.ts";

/**
 * What a component's replacement was begun with. It is the data of its first step, so that a restarted agent can finish or
 * undo it. It holds no secret.
 */
export interface Replacement {
  readonly kind: "deploy" | "rollback" | "heal";
  readonly component: string;
  /** The deployment that becomes the current one; of a `heal` the one that is current. */
  readonly number: number;
  readonly order: "start-first" | "stop-first";
  /** The container that is replaced; null: there is none. */
  readonly before: { readonly id: string; readonly deployment: number; readonly ran: boolean } | null;
  /** As the registry has them before; null: it does not know the component. */
  readonly registered: { readonly spec: ComponentDefinition; readonly desired: DesiredState } | null;
  /** What the registry is to have after. */
  readonly spec: ComponentDefinition;
}

export const FIRST_STEP = "create";
export const COMMIT_STEP = "commit";
/** A replacement is over with the end of one of these. */
const LAST_STEPS: ReadonlySet<string> = new Set(["retire_old", "restore_old"]);

export type ReplacementState =
  | { readonly kind: "over"; readonly replacement: Replacement; readonly committed: boolean }
  | { readonly kind: "open"; readonly replacement: Replacement; readonly commit: "none" | "begun" | "done" };

/** How far the last replacement of each component is, told from an operation's steps. */
export function replacementsOf(steps: readonly StepRecord[]): readonly ReplacementState[] {
  const states = new Map<string, ReplacementState>();
  for (const step of steps) {
    const state = states.get(step.component);
    if (step.name === FIRST_STEP) {
      const replacement: Replacement = JSON.parse(step.data);
      states.set(step.component, { kind: "open", replacement, commit: "none" });
    } else if (state?.kind === "open") {
      states.set(step.component, afterStep(state, step));
    }
  }
  return [...states.values()];
}

function afterStep(state: Extract<ReplacementState, { kind: "open" }>, step: StepRecord): ReplacementState {
  const { replacement } = state;
  if (step.name === COMMIT_STEP) return { kind: "open", replacement, commit: step.state === "done" ? "done" : "begun" };
  const isOver = LAST_STEPS.has(step.name) && step.state === "done";
  return isOver ? { kind: "over", replacement, committed: state.commit === "done" } : state;
}
