import type { AppError } from "../../core/app-error.ts";

/** How much one outcome weighs. */
const WEIGHT = 0.05;
/** Two failures in a row reach it, or one of eleven calls in the long run; a single one does not. */
const TROUBLE = 0.09;
/** How long trouble is told after the last failure, so that a server that fails now and then is not told anew each time. */
const SETTLE_MS = 10_000;

interface Trouble {
  readonly at: number;
  readonly error: AppError;
  /** A call has succeeded since. */
  over: boolean;
}

/** What calls and probes have shown of a server lately. Times in ms that only go forward. */
export class Health {
  /** Share of the calls that failed lately, the last ones weighing most. */
  #failing = 0;
  #trouble: Trouble | undefined;
  /** Probes that failed since anything succeeded. */
  probeFailures = 0;
  lastSuccessAt = Number.NEGATIVE_INFINITY;

  succeeded(now: number): void {
    this.lastSuccessAt = now;
    this.probeFailures = 0;
    if (this.#failing > 0) this.#failing = this.#failing < 0.001 ? 0 : this.#failing * (1 - WEIGHT);
    if (this.#trouble !== undefined) this.#trouble.over = true;
  }

  failed(now: number, error: AppError): void {
    this.#failing = this.#failing * (1 - WEIGHT) + WEIGHT;
    if (this.#failing >= TROUBLE) this.#trouble = { at: now, error, over: false };
  }

  /** Nobody else has called it lately, so one probe is evidence enough. */
  probeFailed(now: number, error: AppError): void {
    this.probeFailures += 1;
    this.#trouble = { at: now, error, over: false };
  }

  /** Why it is not as it should be; undefined where it is. */
  trouble(now: number): AppError | undefined {
    const trouble = this.#trouble;
    if (trouble === undefined) return undefined;
    if (!trouble.over || now - trouble.at < SETTLE_MS) return trouble.error;
    this.#trouble = undefined;
    return undefined;
  }
}
