import type { SelfHeal } from "../../service-definition/service-definition.ts";
import type { DesiredState, Health, ObservedState } from "../registry/registry.ts";

/** Why a component is put right: it does not run, it does not answer, or it runs and should not. */
export type HealReason = "exited" | "removed" | "stopped" | "unhealthy" | "unwanted";

export interface HealState {
  readonly desired: DesiredState;
  readonly observed: ObservedState;
  readonly health: Health;
  readonly selfHeal: SelfHeal;
  /** Whether it was put into effect once, or adopted: what was only declared is not begun behind an operator's back. */
  readonly wasThere: boolean;
  /** An operation holds its service, or the node is drained. */
  readonly isBusy: boolean;
  /** Monotonic; when it may be tried next. */
  readonly notBefore: number;
  /** Whether everything that must be up first is; asked only where it matters, for it looks at the others. */
  readonly areDependenciesUp: () => boolean;
}

/** Whether a component is put right now, and why. Pure: what is decided here is looked at again before it is done. */
export function decideHeal(state: HealState, now: number): HealReason | undefined {
  if (state.selfHeal !== "heal" || state.isBusy || !state.wasThere || now < state.notBefore) return undefined;
  const reason = reasonOf(state);
  if (reason === undefined || reason === "unwanted") return reason;
  return state.areDependenciesUp() ? reason : undefined;
}

function reasonOf({ desired, observed, health }: HealState): HealReason | undefined {
  if (desired === "stopped") return observed === "running" ? "unwanted" : undefined;
  if (desired !== "running" || observed === "unknown") return undefined;
  if (observed !== "running") return observed;
  return health === "unhealthy" ? "unhealthy" : undefined;
}
