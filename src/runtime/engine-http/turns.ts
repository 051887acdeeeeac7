import type { CallLimit } from "./call-limit.ts";

/** Lets so many through at a time; the others wait in order, each as long as its own limit allows. */
export class Turns {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with how to give the turn back. Rejects with the limit. */
  take(limit: CallLimit): Promise<() => void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(() => this.#giveBack());
    }
    return new Promise((resolve, reject) => {
      const go = () => resolve(() => this.#giveBack());
      this.#waiting.add(go);
      limit.whenOver((error) => {
        this.#waiting.delete(go);
        reject(error);
      });
    });
  }

  #giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
