import { toAppError } from "../../core/app-error.ts";
import { backoffMs } from "../../core/backoff.ts";
import type { ComponentRecord, Registry } from "../registry/registry.ts";
import { decideHeal, type HealReason } from "./decide-heal.ts";
import { FLAPPING_BACKOFF, RESTART_BACKOFF, WATCH_LIMITS } from "./monitor-settings.ts";
import type { WatchContext } from "./watch-context.ts";
import type { Watched } from "./watched.ts";

export interface HealingOptions {
  readonly context: WatchContext;
  readonly registry: Pick<Registry, "component" | "service">;
  /** The other components of its service. */
  readonly siblings: (watched: Watched) => Iterable<Watched>;
  /** When a heal is over, whatever came of it. */
  readonly onHealed: (watched: Watched) => void;
}

/** Puts components right, a few at a time and one of a service, each with a back-off of its own. */
export class Healing {
  readonly #options: HealingOptions;
  readonly #stopping = new AbortController();
  readonly #heals = new Map<string, Promise<void>>();

  constructor(options: HealingOptions) {
    this.#options = options;
  }

  /** Begins to put it right where that is due. */
  consider(watched: Watched): void {
    const { service } = watched.record;
    if (this.#stopping.signal.aborted || this.#heals.has(service) || this.#heals.size >= WATCH_LIMITS.healsAtOnce) return;
    if (this.#reasonOf(watched) === undefined) return;
    const heal = this.#heal(watched).finally(() => {
      this.#heals.delete(service);
      if (!this.#stopping.signal.aborted) this.#options.onHealed(watched);
    });
    this.#heals.set(service, heal);
  }

  /** Nothing is begun any more. What is under way is an operation, and those do not need the monitor to end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#heals.values());
  }

  #reasonOf(watched: Watched): HealReason | undefined {
    const { context } = this.#options;
    const { record, last, isUnknown, selfHeal, health, healNotBefore } = watched;
    return decideHeal(
      {
        desired: record.desired,
        observed: isUnknown || last === undefined ? "unknown" : last.observed,
        health: health.health,
        selfHeal,
        wasThere: record.deployment > 0 || record.containerId !== undefined,
        isBusy: context.operations.drained() || context.operations.busy(record.service),
        notBefore: healNotBefore,
        areDependenciesUp: () => this.#areUp(watched),
      },
      context.timing.monotonicMs(),
    );
  }

  #areUp(watched: Watched): boolean {
    if (watched.record.spec.dependsOn.length === 0) return true;
    const needed = new Set(watched.record.spec.dependsOn);
    for (const { record, last } of this.#options.siblings(watched)) if (last?.observed === "running") needed.delete(record.name);
    return needed.size === 0;
  }

  async #heal(watched: Watched): Promise<void> {
    const { context } = this.#options;
    const { service, name: component } = watched.record;
    try {
      // What was decided is looked at once more, as it is written now.
      const fresh = await this.#read(watched);
      const reason = fresh ? this.#reasonOf(watched) : undefined;
      if (reason === undefined) return;
      context.log.info({ service, component, reason }, "a component is put right");
      await this.#orStopped(context.operations.heal(service, component, reason));
      this.#after(watched, reason !== "unwanted");
    } catch (thrown) {
      const error = toAppError(thrown);
      if (this.#stopping.signal.aborted || error.reason === "SERVICE_BUSY") return;
      context.log.warn({ err: thrown, service, component }, "a component could not be put right");
      this.#after(watched, false);
    }
  }

  async #read(watched: Watched): Promise<boolean> {
    const { registry, context } = this.#options;
    const { service, name } = watched.record;
    await context.outbox.flush();
    const [record, holder] = [await registry.component(service, name), await registry.service(service)];
    if (record === undefined || holder === undefined) return false;
    watched.record = record;
    watched.selfHeal = holder.selfHeal;
    return true;
  }

  #after(watched: Watched, wasRestarted: boolean): void {
    const { outbox, timing, random } = this.#options.context;
    watched.healAttempts += 1;
    const policy = watched.flap.flapping ? FLAPPING_BACKOFF : RESTART_BACKOFF;
    watched.healNotBefore = timing.monotonicMs() + backoffMs(policy, watched.healAttempts, random());
    if (!wasRestarted) return;
    const record: ComponentRecord = { ...watched.record, restarts: watched.record.restarts + 1 };
    watched.record = record;
    outbox.restarts({ service: record.service, component: record.name }, record.restarts, record.flapping);
  }

  #orStopped(work: Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(signal.reason);
    signal.addEventListener("abort", stop);
    return Promise.race([work, stopped.promise]).finally(() => signal.removeEventListener("abort", stop));
  }
}
