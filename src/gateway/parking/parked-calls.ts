import { randomBytes } from "node:crypto";

/** A call that waits for its client, as far as it is found again. */
export interface ParkableCall {
  readonly id: string;
  readonly principalId: string;
  /** Cancels it, waiting or not. */
  cancel(): void;
}

export interface ParkedCallsOptions {
  /** The id of this process, with which the ids of its calls begin. */
  readonly self: string;
  readonly max: number;
  readonly maxPerPrincipal: number;
}

/** The calls of this process that have asked their client something, until they are over. */
export class ParkedCalls<Call extends ParkableCall> {
  readonly #options: ParkedCallsOptions;
  readonly #calls = new Map<string, Call>();
  readonly #perPrincipal = new Map<string, number>();

  constructor(options: ParkedCallsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#calls.size;
  }

  newId(): string {
    return `${this.#options.self}.${randomBytes(16).toString("hex")}`;
  }

  /** Takes a call in, once; false where there are too many, of its principal or in all. */
  enter(call: Call): boolean {
    if (this.#calls.has(call.id)) return true;
    const ofPrincipal = this.#perPrincipal.get(call.principalId) ?? 0;
    if (this.#calls.size >= this.#options.max || ofPrincipal >= this.#options.maxPerPrincipal) return false;
    this.#calls.set(call.id, call);
    this.#perPrincipal.set(call.principalId, ofPrincipal + 1);
    return true;
  }

  leave({ id, principalId }: Call): void {
    if (!this.#calls.delete(id)) return;
    const left = (this.#perPrincipal.get(principalId) ?? 1) - 1;
    if (left === 0) this.#perPrincipal.delete(principalId);
    else this.#perPrincipal.set(principalId, left);
  }

  /** The one of this id, where it is this principal's. */
  find(id: string, principalId: string): Call | undefined {
    const call = this.#calls.get(id);
    return call?.principalId === principalId ? call : undefined;
  }

  /** Cancels all of them. */
  closeAll(): void {
    for (const call of [...this.#calls.values()]) call.cancel();
  }
}
