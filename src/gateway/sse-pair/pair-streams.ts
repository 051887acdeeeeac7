import type { PairStream } from "./pair-stream.ts";

export interface PairStreamsOptions {
  readonly max: number;
  readonly maxPerPrincipal: number;
}

/** The streams of the HTTP+SSE transport that this process holds. */
export class PairStreams {
  readonly #options: PairStreamsOptions;
  readonly #open = new Map<string, PairStream>();

  constructor(options: PairStreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether this principal may open one more. */
  hasRoom(principalId: string): boolean {
    const ofPrincipal = [...this.#open.values()].filter((pair) => pair.principalId === principalId).length;
    return this.#open.size < this.#options.max && ofPrincipal < this.#options.maxPerPrincipal;
  }

  add(pair: PairStream): void {
    this.#open.set(pair.id, pair);
  }

  remove({ id }: PairStream): void {
    this.#open.delete(id);
  }

  /** The stream with this id, where it is this principal's and in this project. */
  find(id: string, principalId: string, project: string | undefined): PairStream | undefined {
    const pair = this.#open.get(id);
    return pair?.principalId === principalId && pair.project === project ? pair : undefined;
  }

  /** Ends those that were opened with a token of these hashes. */
  endOf(tokenHashes: readonly string[]): void {
    this.endWhere(({ principal }) => principal.kind === "token" && tokenHashes.includes(principal.sha));
  }

  endWhere(isOver: (pair: PairStream) => boolean): void {
    for (const pair of [...this.#open.values()]) if (isOver(pair)) pair.close();
  }

  drain(): void {
    for (const pair of [...this.#open.values()]) pair.drain();
  }
}
