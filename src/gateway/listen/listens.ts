import type { ModernListen } from "./modern-listen.ts";

export interface ListensOptions {
  readonly max: number;
  readonly maxPerPrincipal: number;
}

/** The streams of changes that modern clients have open. */
export class Listens {
  readonly #options: ListensOptions;
  readonly #open = new Set<ModernListen>();
  #renewing: Promise<void> | undefined;
  #renewAgain = false;
  #over = false;

  constructor(options: ListensOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  *held(): Iterable<ModernListen> {
    yield* this.#open;
  }

  /** Whether this principal may open one more. */
  hasRoom(principalId: string): boolean {
    const ofPrincipal = [...this.#open].filter((listen) => listen.principalId === principalId).length;
    return this.#open.size < this.#options.max && ofPrincipal < this.#options.maxPerPrincipal;
  }

  add(listen: ModernListen): void {
    this.#open.add(listen);
    if (this.#over) listen.end();
  }

  remove(listen: ModernListen): void {
    this.#open.delete(listen);
  }

  /** Ends those that were opened with a token of these hashes. */
  endOf(tokenHashes: readonly string[]): void {
    this.endWhere(({ caller: { principal } }) => principal.kind === "token" && tokenHashes.includes(principal.sha));
  }

  /** Ends all, and those too that are opened at the same moment: nothing more will be told. */
  endAll(): void {
    this.#over = true;
    this.endWhere(() => true);
  }

  endWhere(isOver: (listen: ModernListen) => boolean): void {
    for (const listen of [...this.#open]) if (isOver(listen)) listen.end();
  }

  /** Looks again what each of their clients may do, one after the other; what changes meanwhile is looked at after that. */
  renewCallers(): Promise<void> {
    if (this.#renewing !== undefined) {
      this.#renewAgain = true;
      return this.#renewing;
    }
    this.#renewing = this.#renewAll().finally(() => {
      this.#renewing = undefined;
      const again = this.#renewAgain;
      this.#renewAgain = false;
      if (again) void this.renewCallers();
    });
    return this.#renewing;
  }

  async #renewAll(): Promise<void> {
    for (const listen of [...this.#open]) if (this.#open.has(listen)) await listen.renewCaller();
  }
}
