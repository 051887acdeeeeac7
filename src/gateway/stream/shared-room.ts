/** Room that many share: whoever takes of it gives it back. */
export class SharedRoom {
  readonly #size: number;
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get taken(): number {
    return this.#taken;
  }

  /** False, and nothing taken, where there is not so much left. */
  take(amount: number): boolean {
    if (this.#taken + amount > this.#size) return false;
    this.#taken += amount;
    return true;
  }

  giveBack(amount: number): void {
    this.#taken -= amount;
  }
}
