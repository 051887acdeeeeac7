/** What must be let go, in reverse order and past failures. */
export class Releases {
  #pending: (() => unknown)[] = [];

  add(release: () => unknown): void {
    this.#pending.push(release);
  }

  /** Runs each once, the last added first; a failure does not keep the others from running. */
  async run(): Promise<void> {
    const pending = this.#pending.toReversed();
    this.#pending = [];
    for (const release of pending) {
      try {
        await release();
      } catch {
        // What cannot be let go is let go by the end of the process.
      }
    }
  }
}
