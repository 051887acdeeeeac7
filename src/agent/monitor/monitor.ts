import type { Logger } from "pino";
import type { Runtime, RuntimeEvent } from "../../runtime/runtime.ts";
import type { FieldDiff } from "../agent-use-cases.ts";
import { LABELS } from "../component/labels.ts";
import type { Prober } from "../probe/prober.ts";
import type { Registry } from "../registry/registry.ts";
import type { AlertCommand } from "./alert.ts";
import { AlertSender } from "./alert-sender.ts";
import type { DriftFinder } from "./drift-of.ts";
import { EngineLooks } from "./engine-looks.ts";
import { EventReader } from "./event-reader.ts";
import { Healing } from "./healing.ts";
import { HealthRounds } from "./health-rounds.ts";
import { type FullLook, Looking } from "./looking.ts";
import { type MonitorSettings, WATCH_LIMITS } from "./monitor-settings.ts";
import { Outbox } from "./outbox.ts";
import type { ProcessTable } from "./process-table.ts";
import { Repeating } from "./repeating.ts";
import { isCalm, letQuietPass } from "./take-look.ts";
import type { Timing } from "./timing.ts";
import type { ServiceOperations, WatchContext } from "./watch-context.ts";
import { WatchList } from "./watch-list.ts";
import { keyOf, type Watched } from "./watched.ts";

export interface MonitorOptions {
  readonly nodeName: string;
  readonly settings: MonitorSettings;
  readonly runtime: Pick<Runtime, "list" | "inspect" | "events">;
  readonly registry: Registry;
  readonly prober: Prober;
  readonly operations: ServiceOperations;
  readonly diffOf: DriftFinder;
  /** Undefined: alerts are not sent. */
  readonly alertCommand: AlertCommand | undefined;
  /** Left out where containers run in another pid namespace than the agent. */
  readonly processes?: ProcessTable;
  readonly timing: Timing;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Pick<Logger, "info" | "warn">;
}

/** What differs in a component, and since when. */
export interface KnownDrift {
  readonly diffs: readonly FieldDiff[];
  readonly since: Date | undefined;
}

/**
 * Watches the components of this node: what the engine tells wakes it, a slow full look is its safety net, and each second it
 * looks at the processes it knows. It writes what changes, tells alerts, and has put right what should run. It touches nothing itself.
 *
 * created → start() → watching → stop() → over. `look` works in any state before the last.
 */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #context: WatchContext;
  readonly #list: WatchList;
  readonly #looking: Looking;
  readonly #events: EventReader;
  readonly #healing: Healing;
  readonly #rounds: HealthRounds;
  readonly #stopping = new AbortController();
  readonly #tick: Repeating;
  readonly #resync: Repeating;
  readonly #prune: Repeating;
  /** Looks that wait for further events of the same component. */
  readonly #waiting = new Map<string, () => void>();
  readonly #looks = new Set<Promise<void>>();
  #full: FullLook = { problem: "", undeclared: undefined };
  #fullUnderWay: Promise<FullLook> | undefined;
  #fullNext: Promise<FullLook> | undefined;

  constructor(options: MonitorOptions) {
    const { runtime, registry, timing, random, settings } = options;
    this.#options = options;
    this.#context = this.#contextOf(options);
    this.#list = new WatchList(registry);
    const context = this.#context;
    this.#looking = new Looking({
      context,
      registry,
      engine: new EngineLooks(runtime, timing),
      list: this.#list,
      onLook: (watched) => this.#healing.consider(watched),
    });
    this.#healing = new Healing({
      context,
      registry,
      siblings: ({ record }) => this.#list.of(record.service),
      onHealed: ({ record }) => this.#lookSoon(record.service, record.name),
    });
    this.#rounds = new HealthRounds({ context, prober: options.prober, onVerdict: (...about) => this.#onVerdict(...about) });
    this.#events = new EventReader({ runtime, timing, random, onEvent: (event) => this.#onEvent(event), onGap: (why) => this.#onGap(why) });
    this.#tick = new Repeating(
      timing,
      () => WATCH_LIMITS.tickMs,
      () => this.#onTick(),
    );
    this.#resync = new Repeating(
      timing,
      () => settings.intervalMs * (0.9 + 0.2 * random()),
      () => this.#onResync(),
    );
    this.#prune = new Repeating(
      timing,
      () => WATCH_LIMITS.pruneEveryMs,
      () => this.#onPrune(),
    );
  }

  /** Subscribes first and looks then, so that nothing falls between. Resolves when everything was looked at once, or could not be. */
  async start(): Promise<void> {
    this.#events.start();
    await this.#onResync();
    if (this.#stopping.signal.aborted) return;
    for (const repeating of [this.#tick, this.#resync, this.#prune]) repeating.start();
    this.#track(this.#onPrune());
  }

  /** No timer, process or stream is left when it resolves, and what was seen is written. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the monitor was stopped"));
    for (const takeBack of this.#waiting.values()) takeBack();
    this.#waiting.clear();
    const parts = [this.#tick, this.#resync, this.#prune, this.#events, this.#rounds, this.#healing, this.#context.alerts];
    await Promise.all(parts.map((part) => part.stop()));
    await Promise.allSettled([...this.#looks, this.#fullUnderWay, this.#fullNext]);
    await this.#context.outbox.flush();
  }

  /** Asks the engine now, about one service or all. Answers with why it could not be asked about some; empty where it could. */
  async look(service?: string): Promise<string> {
    if (service !== undefined) return this.#looking.service(service, this.#stopping.signal);
    return (await this.#lookAtAll()).problem;
  }

  /** What is known to differ, without asking. */
  drift(service: string, component: string): KnownDrift {
    const watched = this.#list.get(service, component);
    return { diffs: watched?.drift ?? [], since: watched?.driftSince };
  }

  /** What a node's status tells: why the engine cannot be asked. */
  problems(): readonly string[] {
    return this.#full.problem === "" ? [] : [this.#full.problem];
  }

  /** Containers that nobody has declared, as of the last full look. They are never touched. */
  undeclared(): readonly string[] {
    return this.#full.undeclared ?? [];
  }

  #contextOf({
    nodeName,
    settings,
    registry,
    timing,
    random,
    operations,
    diffOf,
    processes,
    alertCommand,
    log,
  }: MonitorOptions): WatchContext {
    const outbox = new Outbox(registry, (err) => log.warn({ err }, "what was observed cannot be written; it is kept and tried again"));
    const alerts = new AlertSender({
      command: alertCommand,
      onFailure: ({ service, component, kind, state }, reason) => {
        log.warn({ service, component, kind, reason }, "an alert could not be sent");
        outbox.event({ at: timing.now(), service, component, kind: "alert_failed", from: "", to: state, message: `${kind}: ${reason}` });
      },
    });
    return { nodeName, settings, timing, random, outbox, alerts, operations, diffOf, isProcessAlive: processes?.isAlive, log };
  }

  #onEvent({ containerName, labels }: RuntimeEvent): void {
    const named = this.#list.byContainer(containerName)?.record;
    const service = named?.service ?? labels[LABELS.service];
    const component = named?.name ?? labels[LABELS.component];
    if (service !== undefined && component !== undefined) this.#lookSoon(service, component);
  }

  #onGap(reason: unknown): void {
    this.#options.log.warn({ err: reason }, "the engine's events broke off");
    this.#track(this.#onResync());
  }

  /** One look for all that happens to a component within a moment; the first of it begins the moment, so that a flood does not put it off. */
  #lookSoon(service: string, component: string): void {
    const key = keyOf(service, component);
    if (this.#waiting.has(key) || this.#stopping.signal.aborted) return;
    const begin = () => {
      this.#waiting.delete(key);
      this.#track(this.#looking.one(service, component, this.#stopping.signal));
    };
    this.#waiting.set(key, this.#options.timing.after(WATCH_LIMITS.debounceMs, begin));
  }

  async #onTick(): Promise<void> {
    const { operations, outbox } = this.#context;
    const exists = this.#options.processes?.existing() ?? (() => true);
    for (const watched of this.#list.all()) {
      const { service, name } = watched.record;
      if (operations.busy(service)) {
        watched.isOwed = true;
        continue;
      }
      if (watched.isOwed || hasDied(watched, exists)) this.#lookSoon(service, name);
      if (isCalm(watched)) continue;
      letQuietPass(this.#context, watched);
      this.#healing.consider(watched);
    }
    this.#rounds.begin(this.#list.all());
    await outbox.flush();
  }

  #onVerdict(watched: Watched, verdict: { readonly ok: boolean; readonly layer?: string }): void {
    if (!verdict.ok && verdict.layer === "process") this.#lookSoon(watched.record.service, watched.record.name);
    this.#healing.consider(watched);
  }

  async #onResync(): Promise<void> {
    const { timing, settings, log } = this.#options;
    // Some streams die without a word.
    if (timing.monotonicMs() - this.#events.heardAt >= 2 * settings.intervalMs) this.#events.reopen();
    const before = this.#full.problem;
    try {
      await this.#lookAtAll();
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn({ err: error }, "a look at all components failed");
      return;
    }
    const { problem } = this.#full;
    if (problem !== before) log.warn({ problem }, problem === "" ? "the engine answers again" : "the engine cannot be asked");
  }

  /** Of those who ask at once, the ones that come while a look is under way share the next. */
  #lookAtAll(): Promise<FullLook> {
    if (this.#fullUnderWay === undefined) return this.#beginFull();
    this.#fullNext ??= this.#fullUnderWay.then(
      () => this.#beginFull(),
      () => this.#beginFull(),
    );
    return this.#fullNext;
  }

  #beginFull(): Promise<FullLook> {
    this.#fullNext = undefined;
    const look = this.#looking.all(this.#stopping.signal).then((full) => {
      this.#full = full;
      return full;
    });
    this.#fullUnderWay = look;
    const over = () => {
      if (this.#fullUnderWay === look) this.#fullUnderWay = undefined;
    };
    look.then(over, over);
    return look;
  }

  async #onPrune(): Promise<void> {
    const { registry, timing, settings, log } = this.#options;
    try {
      await registry.pruneEvents(new Date(timing.now().getTime() - settings.retentionMs));
    } catch (error) {
      log.warn({ err: error }, "old events could not be deleted");
    }
  }

  /** What is under way is known, so that a stop waits for it. */
  #track(work: Promise<unknown>): void {
    const tracked = work.then(
      () => {},
      (error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#options.log.warn({ err: error }, "a look at a component failed");
      },
    );
    this.#looks.add(tracked);
    tracked.finally(() => this.#looks.delete(tracked));
  }
}

/** Whether the process or its monitor is gone, and nobody has said so. */
function hasDied({ last, info }: Watched, exists: (pid: number) => boolean): boolean {
  if (info === undefined || last?.observed !== "running") return false;
  const isGone = (pid: number) => pid > 0 && !exists(pid);
  return isGone(info.pid) || (last.degraded === "" && isGone(info.monitorPid ?? 0));
}
