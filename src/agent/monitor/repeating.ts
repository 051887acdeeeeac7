import type { Timing } from "./timing.ts";

/** Does something again and again, each time the wait after the end of the last: two never run at once. `work` must not throw. */
export class Repeating {
  readonly #timing: Timing;
  readonly #waitMs: () => number;
  readonly #work: () => Promise<void>;
  #isStopped = false;
  #takeBack: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(timing: Timing, waitMs: () => number, work: () => Promise<void>) {
    this.#timing = timing;
    this.#waitMs = waitMs;
    this.#work = work;
  }

  start(): void {
    if (this.#isStopped || this.#takeBack !== undefined) return;
    this.#takeBack = this.#timing.after(this.#waitMs(), () => {
      this.#running = this.#work().finally(() => {
        this.#takeBack = undefined;
        this.#running = undefined;
        this.start();
      });
    });
  }

  /** It does not run any more when it resolves. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#takeBack?.();
    await this.#running;
  }
}
