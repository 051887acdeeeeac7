/** Tries that are saved up at most: so many may come in a burst. */
const MAX_SAVED = 10;

/** How many calls to one server may be tried again: a share of all calls, so that a server in trouble is not asked much more than it was. */
export class RetryBudget {
  #saved = MAX_SAVED;

  /** A call comes, of which so many percent of a try are saved. */
  earn(percent: number): void {
    if (this.#saved < MAX_SAVED) this.#saved = Math.min(MAX_SAVED, this.#saved + percent / 100);
  }

  /** Whether there is a try left; it is spent. */
  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
