import type { AppError } from "../../core/app-error.ts";
import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";

export interface RetrySettings {
  /** Tries after the first one. */
  readonly tries: number;
  /** How many of 100 calls may be tried again. */
  readonly budgetPercent: number;
  readonly backoff: BackoffPolicy;
}

export const RETRY_SETTINGS: RetrySettings = { tries: 2, budgetPercent: 10, backoff: { firstMs: 100, maxMs: 2000 } };

export interface FailedTry {
  readonly error: AppError;
  /** 1 is the first. */
  readonly tries: number;
  /** Doing it twice does no harm. */
  readonly repeatable: boolean;
  /** The client was asked something, or heard something of this call. */
  readonly exposed: boolean;
  /** The server was known to be away: it is connected to at its own pace. */
  readonly wasAway: boolean;
  /** What is left of the call's time. */
  readonly leftMs: number;
}

/** How long to wait before the call is tried again, in ms; undefined: its failure stands. `random` is in [0, 1). */
export function decideRetry(failed: FailedTry, settings: RetrySettings, random: number): number | undefined {
  const { error, tries, repeatable, exposed, wasAway, leftMs } = failed;
  if (tries > settings.tries || exposed || wasAway) return undefined;
  const isSafe = error.reason === "UPSTREAM_UNAVAILABLE" || (repeatable && mayHaveRun(error));
  const waitMs = backoffMs(settings.backoff, tries, random);
  return isSafe && waitMs < leftMs ? waitMs : undefined;
}

/** Time-outs are not among them: a server that is slow would be asked to do the same work twice. */
function mayHaveRun({ reason }: AppError): boolean {
  return reason === "UPSTREAM_LOST" || reason === "UPSTREAM_BROKEN";
}
