import type { Prober, ProbeVerdict } from "../probe/prober.ts";
import { afterVerdict } from "./health-of.ts";
import { WATCH_LIMITS } from "./monitor-settings.ts";
import { tell, writeHealth } from "./take-look.ts";
import { tellAlerts } from "./tell-alerts.ts";
import type { WatchContext } from "./watch-context.ts";
import type { Watched } from "./watched.ts";

export interface HealthRoundsOptions {
  readonly context: WatchContext;
  readonly prober: Prober;
  /** After a verdict, with what it was about. */
  readonly onVerdict: (watched: Watched, verdict: ProbeVerdict) => void;
}

/** Looks at the health of components, each at its own interval, a few at a time. Each look ends within its check's time limit. */
export class HealthRounds {
  readonly #options: HealthRoundsOptions;
  readonly #stopping = new AbortController();
  readonly #probes = new Set<Promise<void>>();

  constructor(options: HealthRoundsOptions) {
    this.#options = options;
  }

  /** Begins the looks that are due; who finds no place has waited longest the next time. */
  begin(all: Iterable<Watched>): void {
    if (this.#stopping.signal.aborted) return;
    const now = this.#options.context.timing.monotonicMs();
    const due: Watched[] = [];
    for (const watched of all) if (this.#isDue(watched, now)) due.push(watched);
    due.sort((one, other) => one.probeDueAt - other.probeDueAt);
    for (const watched of due.slice(0, WATCH_LIMITS.probesAtOnce - this.#probes.size)) {
      const probe = this.#probe(watched).finally(() => this.#probes.delete(probe));
      this.#probes.add(probe);
    }
  }

  /** No look is under way when it resolves. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#probes);
  }

  #isDue({ record, last, isUnknown, isProbed, info, probeDueAt }: Watched, now: number): boolean {
    if (record.spec.healthcheck === undefined || record.desired !== "running" || info === undefined) return false;
    return !isUnknown && !isProbed && last?.observed === "running" && now >= probeDueAt && !this.#isBusy(record.service);
  }

  async #probe(watched: Watched): Promise<void> {
    const { context, prober, onVerdict } = this.#options;
    const check = watched.record.spec.healthcheck;
    const { info, upSince } = watched;
    if (check === undefined || info === undefined) return;
    watched.isProbed = true;
    try {
      const verdict = await prober.probe(info, check, this.#stopping.signal);
      const isOfNow = watched.upSince === upSince && watched.last?.observed === "running" && !this.#isBusy(watched.record.service);
      if (!isOfNow) return;
      this.#take(watched, verdict);
      onVerdict(watched, verdict);
    } catch (error) {
      if (!this.#stopping.signal.aborted) context.log.warn({ err: error, container: info.name }, "a health check could not be carried out");
    } finally {
      watched.isProbed = false;
      watched.probeDueAt = context.timing.monotonicMs() + check.intervalMs * (0.9 + 0.2 * context.random());
    }
  }

  #take(watched: Watched, verdict: ProbeVerdict): void {
    const { context } = this.#options;
    const check = watched.record.spec.healthcheck;
    if (check === undefined) return;
    const before = watched.health;
    watched.health = afterVerdict(before, verdict, check, context.timing.monotonicMs() - watched.upSince);
    if (before.health !== watched.health.health) {
      const message = verdict.ok ? verdict.detail : watched.health.reason;
      tell(context, watched, { kind: "health", from: before.health, to: watched.health.health, message });
    }
    writeHealth(context, watched);
    tellAlerts(context, watched);
  }

  #isBusy(service: string): boolean {
    return this.#options.context.operations.busy(service);
  }
}
