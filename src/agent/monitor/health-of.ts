import type { Healthcheck } from "../../service-definition/service-definition.ts";
import type { ProbeVerdict } from "../probe/prober.ts";
import type { Health } from "../registry/registry.ts";

/** What is known of a component's health. */
export interface HealthState {
  readonly health: Health;
  readonly reason: string;
  /** In a row. */
  readonly failures: number;
}

/** Of a container that has just been started. */
export function freshHealth(check: Healthcheck | undefined): HealthState {
  return { health: check === undefined ? "none" : "starting", reason: "", failures: 0 };
}

/**
 * After one more look: one success is healthy, `retries` failures in a row are unhealthy, and a container that was not healthy
 * yet has its whole deadline first. `upMs`: for how long it has been running.
 */
export function afterVerdict(state: HealthState, verdict: ProbeVerdict, check: Healthcheck, upMs: number): HealthState {
  if (verdict.ok) return { health: "healthy", reason: "", failures: 0 };
  const failures = state.failures + 1;
  const reason = `${verdict.layer}: ${verdict.reason}`;
  if (state.health === "starting" && upMs < check.deadlineMs) return { health: "starting", reason, failures };
  return { health: failures >= check.retries ? "unhealthy" : state.health, reason, failures };
}
