import type { Clock } from "../../core/clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { BlueprintDeps } from "../component/blueprint.ts";
import type { AgentIdentity } from "../component/ownership-of.ts";
import type { Prober } from "../probe/prober.ts";
import type { Registry } from "../registry/registry.ts";

/** What changing a component takes; `node` and `agent` stand in the labels of what is made. */
export interface EngineDeps extends BlueprintDeps, AgentIdentity {
  readonly registry: Registry;
  readonly runtime: Runtime;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly traffic: Traffic;
  readonly serving: ServingContainers;
}

export interface Timer {
  /** Never goes back. */
  monotonicMs(): number;
  /** Resolves early where `signal` is aborted; never throws. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Calls that the agent's proxy has in flight. */
export interface Traffic {
  /** Resolves when none is in flight at this container, or with `signal`; new ones go to its successor by now. */
  drained(containerId: string, signal: AbortSignal): Promise<void>;
}

/**
 * Where calls go while a component is replaced: to the old container until the new one has proved itself, whatever their
 * names are by then. Undefined otherwise: to the container of the component's name.
 */
export class ServingContainers {
  readonly #ids = new Map<string, string>();

  get(service: string, component: string): string | undefined {
    return this.#ids.get(`${service}/${component}`);
  }

  /** Until `release`. */
  hold(service: string, component: string, containerId: string): void {
    this.#ids.set(`${service}/${component}`, containerId);
  }

  release(service: string, component: string): void {
    this.#ids.delete(`${service}/${component}`);
  }
}
