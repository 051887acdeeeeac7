import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { EraVerdict } from "../../mcp/eras/decide-era.ts";

export interface EraWatchOptions {
  /** What the server was last found to speak. */
  readonly modern: boolean;
  /** Asks it again. Never rejects. */
  readonly probe: () => Promise<EraVerdict>;
  /** How long an answer holds. */
  readonly ttlMs: number;
  readonly onChanged: () => void;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
}

/** A server that contradicts itself on every call is asked no more often than this. */
const DOUBT_INTERVAL_MS = 30_000;

/** Watches whether a server still speaks the era that it was found to speak: one that is replaced may change without a word. */
export class EraWatch {
  readonly #options: EraWatchOptions;
  #doubtedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(options: EraWatchOptions) {
    this.#options = options;
  }

  /** Asks again whenever the last answer is too old, until `signal` is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await waitOrAbort(this.#options.ttlMs, signal);
      if (signal.aborted) return;
      await this.#ask(false);
    }
  }

  /** Asks at once, as the server said what one of its era does not say. `refused`: it does not take `initialize` any more. */
  doubt(refused: boolean): void {
    const now = this.#options.monotonicNow();
    if (now - this.#doubtedAt < DOUBT_INTERVAL_MS) return;
    this.#doubtedAt = now;
    void this.#ask(refused);
  }

  #ask(refused: boolean): Promise<void> {
    this.#asking ??= this.#compare(refused).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #compare(refused: boolean): Promise<void> {
    const { modern, probe, onChanged } = this.#options;
    const verdict = await probe();
    const differs = verdict === "modern" ? !modern || refused : verdict === "legacy" && modern;
    if (differs) onChanged();
  }
}
