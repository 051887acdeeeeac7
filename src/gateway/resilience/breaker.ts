import type { AppError } from "../../core/app-error.ts";

export interface BreakerSettings {
  /** Failures in a row after which calls are refused. */
  readonly failures: number;
  /** Share of calls, in percent, that may fail within a window… */
  readonly failurePercent: number;
  /** …of at least this many calls. */
  readonly minCalls: number;
  readonly windowMs: number;
  /** How long calls are refused at first; twice as long each time after that. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** A trial that takes longer than this does not hold up the next one. */
  readonly trialMs: number;
}

export const BREAKER_SETTINGS: BreakerSettings = {
  failures: 5,
  failurePercent: 50,
  minCalls: 20,
  windowMs: 30_000,
  openMs: 1000,
  maxOpenMs: 30_000,
  trialMs: 10_000,
};

/** A window in which many failed needs as many that did not begin together: a crash that takes 100 calls with it is one. */
const MIN_ROUNDS = 3;

/** Calls pass. */
interface Closed {
  readonly kind: "closed";
  /** Failures since the last success; those of calls that were on their way together count once. */
  readonly inRow: number;
  /** When the window began, and how many calls had been over by then. */
  readonly since: number;
  readonly callsBefore: number;
  readonly failed: number;
  readonly rounds: number;
}

/** Calls are refused until it is time for a trial. */
interface Open {
  readonly kind: "open";
  readonly until: number;
  /** How often it has opened without closing in between. */
  readonly times: number;
  /** The failure that has opened it. */
  readonly last: AppError;
}

/** One call is on trial; its outcome decides for the others. */
interface HalfOpen {
  readonly kind: "half-open";
  readonly trialAt: number;
  readonly times: number;
  /** The failure that has opened it. */
  readonly last: AppError;
}

/** closed → (too many failures) open → (time is up, a call comes) half-open → closed or open again, for longer. Times in ms. */
export type Breaker = Closed | Open | HalfOpen;

export const CLOSED: Breaker = { kind: "closed", inRow: 0, since: Number.NEGATIVE_INFINITY, callsBefore: 0, failed: 0, rounds: 0 };

export type Admission =
  /** The breaker with this call admitted on trial. */
  | { readonly admitted: true; readonly breaker: Breaker }
  | { readonly admitted: false; readonly retryAfterMs: number; readonly last: AppError };

/** Whether a call may pass a breaker that is not closed. */
export function admit(breaker: Open | HalfOpen, now: number, settings: BreakerSettings): Admission {
  const { last, times } = breaker;
  const freeAt = refusedUntil(breaker, settings) ?? now;
  if (now < freeAt) return { admitted: false, retryAfterMs: freeAt - now, last };
  return { admitted: true, breaker: { kind: "half-open", trialAt: now, times, last } };
}

/** When the next call may pass, at the earliest; undefined: any may. */
export function refusedUntil(breaker: Breaker, settings: BreakerSettings | undefined): number | undefined {
  if (breaker.kind === "closed" || settings === undefined) return undefined;
  return breaker.kind === "open" ? breaker.until : breaker.trialAt + settings.trialMs;
}

/** After a call that was answered. One that was sent before calls were refused says nothing of now. */
export function afterSuccess(breaker: Breaker, onTrial: boolean): Breaker {
  if (breaker.kind === "closed") return breaker.inRow === 0 ? breaker : { ...breaker, inRow: 0 };
  return onTrial ? CLOSED : breaker;
}

export interface Failure {
  readonly now: number;
  readonly error: AppError;
  /** Calls that were over by now, this one included. */
  readonly calls: number;
  /** It began after the failure before it had been seen. */
  readonly isNew: boolean;
  readonly onTrial: boolean;
}

export function afterFailure(breaker: Breaker, failure: Failure, settings: BreakerSettings): Breaker {
  const { now, error } = failure;
  if (breaker.kind === "closed") {
    const counted = count(breaker, failure, settings);
    return isTooMuch(counted, failure.calls, settings) ? opened(0, now, error, settings) : counted;
  }
  return failure.onTrial ? opened(breaker.times, now, error, settings) : breaker;
}

/** After a trial without an outcome, such as a call that its client canceled: the next call is a trial at once. */
export function afterNothing(breaker: Breaker, now: number, onTrial: boolean): Breaker {
  if (breaker.kind !== "half-open" || !onTrial) return breaker;
  return { kind: "open", until: now, times: breaker.times, last: breaker.last };
}

/** Refuses calls whatever was counted. */
export function tripped(breaker: Breaker, now: number, error: AppError, settings: BreakerSettings): Breaker {
  return breaker.kind === "closed" ? opened(0, now, error, settings) : breaker;
}

function count(closed: Closed, { now, calls, isNew }: Failure, { windowMs }: BreakerSettings): Closed {
  const round = isNew ? 1 : 0;
  const inRow = closed.inRow + round;
  if (now - closed.since >= windowMs) return { kind: "closed", inRow, since: now, callsBefore: calls - 1, failed: 1, rounds: 1 };
  return { ...closed, inRow, failed: closed.failed + 1, rounds: closed.rounds + round };
}

function isTooMuch({ inRow, callsBefore, failed, rounds }: Closed, calls: number, settings: BreakerSettings): boolean {
  const seen = calls - callsBefore;
  const isRate = seen >= settings.minCalls && failed * 100 >= seen * settings.failurePercent && rounds >= MIN_ROUNDS;
  return inRow >= settings.failures || isRate;
}

function opened(before: number, now: number, last: AppError, { openMs, maxOpenMs }: BreakerSettings): Open {
  const times = before + 1;
  return { kind: "open", until: now + Math.min(maxOpenMs, openMs * 2 ** Math.min(before, 30)), times, last };
}
