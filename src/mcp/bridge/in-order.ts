/** Deliveries that must not overtake each other, a bounded number of them at a time. */
export class InOrder {
  readonly #maxWaiting: number;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting;
  }

  /** Runs `work`, which never rejects, after all before it. Resolves when there is room for more, most often at once. */
  async add(work: () => Promise<void>): Promise<void> {
    this.#waiting += 1;
    this.#last = this.#last.then(work).then(() => {
      this.#waiting -= 1;
    });
    if (this.#waiting >= this.#maxWaiting) await this.#last;
  }

  /** Resolves when all that was added so far is done. */
  get delivered(): Promise<void> {
    return this.#last;
  }
}
