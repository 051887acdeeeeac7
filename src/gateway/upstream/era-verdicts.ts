/** Which eras a command was found to speak. */
export interface SpokenEras {
  readonly legacy: boolean;
  readonly modern: boolean;
}

export interface EraVerdictsOptions {
  /** How long a verdict holds: a command may lead to a newer program the next day. */
  readonly ttlMs: number;
  readonly maxEntries: number;
  /** Milliseconds that only go forward. */
  readonly monotonicNow: () => number;
}

/** What was found out about the eras of commands, so that not each start asks. The oldest goes when there are too many. */
export class EraVerdicts {
  readonly #options: EraVerdictsOptions;
  readonly #verdicts = new Map<string, { readonly eras: SpokenEras; readonly until: number }>();

  constructor(options: EraVerdictsOptions) {
    this.#options = options;
  }

  get(command: string): SpokenEras | undefined {
    const known = this.#verdicts.get(command);
    return known !== undefined && this.#options.monotonicNow() < known.until ? known.eras : undefined;
  }

  set(command: string, eras: SpokenEras): void {
    const { ttlMs, maxEntries, monotonicNow } = this.#options;
    this.#verdicts.delete(command);
    this.#verdicts.set(command, { eras, until: monotonicNow() + ttlMs });
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > maxEntries && oldest !== undefined) this.#verdicts.delete(oldest);
  }

  forget(command: string): void {
    this.#verdicts.delete(command);
  }
}
