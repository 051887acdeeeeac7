import { AppError } from "../../core/app-error.ts";
import type { Upstream, UpstreamCall, UpstreamStatus } from "../upstream/upstream.ts";
import { abortError, upstreamLost } from "../upstream/upstream-errors.ts";
import { admit, afterFailure, afterNothing, afterSuccess, type Breaker, CLOSED, refusedUntil, tripped } from "./breaker.ts";
import type { CallTimer } from "./call-timer.ts";
import { decideRetry } from "./decide-retry.ts";
import { decideState } from "./decide-state.ts";
import { type Admitted, type CallKeeper, GuardedCall, type TryFacts } from "./guarded-call.ts";
import { Health } from "./health.ts";
import { isRepeatable } from "./is-repeatable.ts";
import { isServerFailure } from "./is-server-failure.ts";
import type { CallLimits } from "./resilience-settings.ts";
import { RetryBudget } from "./retry-budget.ts";

export interface GuardOptions {
  readonly handle: string;
  readonly limits: CallLimits;
  readonly timer: CallTimer;
  /** Milliseconds that only go forward, for what is kept from call to call. */
  readonly monotonicNow: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Whether the server says of its tool of this name that calling it twice does no harm. */
  readonly isRepeatableTool: (name: string) => boolean;
  /** Why what the server offers is not known as it should be. */
  readonly listsProblem: () => AppError | undefined;
}

/** What a probe goes by. */
export interface Pulse {
  /** What the connection says. */
  readonly connection: UpstreamStatus["state"];
  readonly lastSuccessAt: number;
  /** Calls are refused until then, at the least; undefined: they are not. */
  readonly refusedUntil: number | undefined;
}

/** A server whose failures reach neither the calls to others nor, where that is safe, its own callers. */
export interface GuardedUpstream extends Upstream {
  readonly limits: CallLimits;
  /** Calls that are on their way, those of the gateway itself too. */
  readonly inFlight: number;
  /** Holds for the calls from now on; the connection and the calls on their way stay as they are. */
  configure(limits: CallLimits): void;
  pulse(): Pulse;
  /** A probe has failed. `failuresAllowed` of them in a row, and calls are refused. */
  probeFailed(error: AppError, failuresAllowed: number): void;
}

/**
 * Calls to a server, each within its times (`GuardedCall`), no more at once than there is room for, refused while nearly
 * all fail (`Breaker`), tried again where that is safe and within a budget.
 *
 * `request` throws, besides what `Upstream` does, `exhausted`/`UPSTREAM_BUSY` where there is no room; where calls are
 * refused `unavailable`/`UPSTREAM_UNAVAILABLE` with the time to come again. It holds no connection and no process.
 */
export function guardedUpstream(upstream: Upstream, options: GuardOptions): GuardedUpstream {
  return new Guard(upstream, options);
}

class Guard implements GuardedUpstream, CallKeeper {
  readonly handle: string;
  readonly upstream: Upstream;
  readonly timer: CallTimer;
  readonly speaksModern: Upstream["speaksModern"];
  readonly #options: GuardOptions;
  readonly #calls = new Set<GuardedCall>();
  readonly #health = new Health();
  readonly #budget = new RetryBudget();
  limits: CallLimits;
  failuresSeen = 0;
  #breaker: Breaker = CLOSED;
  /** Tries that were answered or failed. */
  #over = 0;

  constructor(upstream: Upstream, options: GuardOptions) {
    this.handle = options.handle;
    this.upstream = upstream;
    this.speaksModern = upstream.speaksModern && (() => upstream.speaksModern?.() === true);
    this.timer = options.timer;
    this.limits = options.limits;
    this.#options = options;
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  configure(limits: CallLimits): void {
    this.limits = limits;
    if (limits.breaker === undefined) this.#breaker = CLOSED;
  }

  request(call: UpstreamCall): ReturnType<Upstream["request"]> {
    const { limits } = this;
    const admission = this.#admitCall(call, limits);
    if (admission instanceof AppError) return Promise.reject(admission);
    this.#budget.earn(limits.retries.budgetPercent);
    const guarded = new GuardedCall(this, call, limits);
    this.#calls.add(guarded);
    return guarded.run(admission.onTrial);
  }

  #admitCall(call: UpstreamCall, { concurrency }: CallLimits): Admitted | AppError {
    if (call.signal.aborted) return abortError(call.signal);
    // What the gateway asks for itself is little, and has to get through to say how a server is.
    if (this.#calls.size >= concurrency && call.peer !== undefined) return busy(this.handle, concurrency);
    return this.admit(call);
  }

  admit(call: UpstreamCall): Admitted | AppError {
    const { breaker: settings, probeIntervalMs } = this.limits;
    if (this.#breaker.kind === "closed" || settings === undefined) return FREELY;
    // Where there are probes one of them tries first: a client would have to wait for a server that may still hang.
    const graceMs = probeIntervalMs === undefined || call.peer === undefined ? 0 : PROBE_FIRST_MS;
    const admission = admit(this.#breaker, this.#options.monotonicNow() - graceMs, settings);
    if (!admission.admitted) return refusal(this.handle, admission.last, admission.retryAfterMs - graceMs);
    this.#breaker = admission.breaker;
    return ON_TRIAL;
  }

  answered(onTrial: boolean): void {
    this.#over += 1;
    this.#health.succeeded(this.#options.monotonicNow());
    this.#breaker = afterSuccess(this.#breaker, onTrial);
  }

  failed(error: AppError, { wasReady, failuresSeen, onTrial }: TryFacts): void {
    const now = this.#options.monotonicNow();
    if (!isServerFailure(error, wasReady)) {
      this.#breaker = afterNothing(this.#breaker, now, onTrial);
      return;
    }
    const isNew = failuresSeen === this.failuresSeen;
    this.#over += 1;
    if (isNew) {
      this.failuresSeen += 1;
      this.#health.failed(now, error);
    }
    const { breaker } = this.limits;
    if (breaker !== undefined) this.#breaker = afterFailure(this.#breaker, { now, error, calls: this.#over, isNew, onTrial }, breaker);
  }

  retryAfter(failed: Parameters<CallKeeper["retryAfter"]>[0], call: UpstreamCall): number | undefined {
    const repeatable = isRepeatable(call, this.#options.isRepeatableTool);
    const waitMs = decideRetry({ ...failed, repeatable }, this.limits.retries, this.#options.random());
    return waitMs !== undefined && this.#budget.spend() ? waitMs : undefined;
  }

  over(call: GuardedCall): void {
    this.#calls.delete(call);
  }

  status(): UpstreamStatus {
    return decideState({
      connection: this.upstream.status(),
      refusing: this.#breaker.kind === "closed" ? undefined : this.#breaker.last,
      trouble: this.#health.trouble(this.#options.monotonicNow()),
      lists: this.#options.listsProblem(),
    });
  }

  pulse(): Pulse {
    return {
      connection: this.upstream.status().state,
      lastSuccessAt: this.#health.lastSuccessAt,
      refusedUntil: refusedUntil(this.#breaker, this.limits.breaker),
    };
  }

  probeFailed(error: AppError, failuresAllowed: number): void {
    const now = this.#options.monotonicNow();
    this.#health.probeFailed(now, error);
    const { breaker } = this.limits;
    if (breaker === undefined || this.#health.probeFailures < failuresAllowed) return;
    this.#breaker = tripped(this.#breaker, now, error, breaker);
  }

  start(): void {
    this.upstream.start();
  }

  ready(): ReturnType<Upstream["ready"]> {
    return this.upstream.ready();
  }

  notify(...given: Parameters<Upstream["notify"]>): void {
    this.upstream.notify(...given);
  }

  subscribe(uri: string): Promise<string | undefined> {
    return this.upstream.subscribe(uri);
  }

  unsubscribe(uri: string): void {
    this.upstream.unsubscribe(uri);
  }

  keepsPeers(): boolean {
    return this.upstream.keepsPeers();
  }

  /** Calls that the server leaves unanswered end with it. */
  async close(): Promise<void> {
    await this.upstream.close();
    for (const call of [...this.#calls]) call.end(upstreamLost(this.handle, "it was stopped"));
  }
}

/** Long enough for a look at the servers, and a place among the probes. */
const PROBE_FIRST_MS = 3000;

const FREELY: Admitted = { onTrial: false };
const ON_TRIAL: Admitted = { onTrial: true };

function busy(handle: string, concurrency: number): AppError {
  return new AppError("exhausted", "UPSTREAM_BUSY", `Server ${handle} has ${concurrency} calls in flight already`, {
    retryAfterSeconds: 1,
  });
}

function refusal(handle: string, last: AppError, retryAfterMs: number): AppError {
  const message = `Server ${handle} is not available: calls to it have failed (${last.message}), and it is tried again soon`;
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new AppError("unavailable", "UPSTREAM_UNAVAILABLE", message, { retryAfterSeconds });
}
