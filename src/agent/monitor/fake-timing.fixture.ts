import type { Timing } from "./timing.ts";

/** For tests: time that stands until it is moved on, and then runs what is due on the way. */
export class FakeTiming implements Timing {
  #wall: number;
  #monotonic = 0;
  #timers: { readonly at: number; readonly act: () => void }[] = [];

  constructor(start = "2026-06-01T12:00:00.000Z") {
    this.#wall = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#wall);
  }

  monotonicMs(): number {
    return this.#monotonic;
  }

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#monotonic + ms, act };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Timers that nobody has taken back. */
  get left(): number {
    return this.#timers.length;
  }

  /** The wall clock is set; nothing else takes notice. */
  setWall(ms: number): void {
    this.#wall += ms;
  }

  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#wall += next.at - this.#monotonic;
      this.#monotonic = next.at;
      this.#timers = this.#timers.filter((each) => each !== next);
      next.act();
      await settled();
    }
    this.#wall += end - this.#monotonic;
    this.#monotonic = end;
    await settled();
  }

  #next(end: number) {
    return this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
  }
}

/** Turns of the loop for whatever can go on without a timer. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}
