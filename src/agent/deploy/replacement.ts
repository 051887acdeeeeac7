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
  /** The kept container that is put in its place; null: a new one is made. */
  readonly kept: string | null;
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

/** How far each replacement is, in their order, told from an operation's steps; a later one of a component ends the earlier. */
export function replacementsOf(steps: readonly StepRecord[]): readonly ReplacementState[] {
  const ended: ReplacementState[] = [];
  const last = new Map<string, ReplacementState>();
  for (const step of steps) {
    const state = last.get(step.component);
    if (step.name === FIRST_STEP) {
      if (state !== undefined) ended.push(overOf(state));
      last.set(step.component, { kind: "open", replacement: JSON.parse(step.data), commit: "none" });
    } else if (state?.kind === "open") {
      last.set(step.component, afterStep(state, step));
    }
  }
  return [...ended, ...last.values()];
}

function afterStep(state: Extract<ReplacementState, { kind: "open" }>, step: StepRecord): ReplacementState {
  if (step.name === COMMIT_STEP) return { ...state, commit: step.state === "done" ? "done" : "begun" };
  return LAST_STEPS.has(step.name) && step.state === "done" ? overOf(state) : state;
}

function overOf(state: ReplacementState): ReplacementState {
  return state.kind === "over" ? state : { kind: "over", replacement: state.replacement, committed: state.commit === "done" };
}
