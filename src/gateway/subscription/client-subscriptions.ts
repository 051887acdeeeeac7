import { JSON_RPC_CODE } from "../../core/error-tables.ts";
import type { Target } from "../catalog/view.ts";
import type { ServerHost } from "../server-host.ts";
import type { Hearer } from "./subscription-table.ts";

interface Held {
  /** Undefined while the servers are asked. */
  host: ServerHost | undefined;
  own: string;
  readonly hear: Hearer;
}

const FULL = JSON.stringify({ code: JSON_RPC_CODE.exhausted, message: "Too many resources are subscribed to already" });

/** The resources that one client is subscribed to, by the URIs that it knows. */
export class ClientSubscriptions {
  readonly #max: number;
  /** Hears by its URI of each resource that changed, with the server that it is of. */
  readonly #onUpdated: (uri: string, host: ServerHost) => void;
  readonly #held = new Map<string, Held>();

  constructor(max: number, onUpdated: (uri: string, host: ServerHost) => void) {
    this.#max = max;
    this.#onUpdated = onUpdated;
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * Subscribes at the first of these that takes it. Resolves with the text of the JSON-RPC error object where none does;
   * throws like `Upstream.subscribe`. One that is there already stays.
   */
  async add(uri: string, targets: readonly Target[]): Promise<string | undefined> {
    if (this.#held.has(uri)) return undefined;
    if (this.#held.size >= this.#max) return FULL;
    const held: Held = { host: undefined, own: "", hear: () => held.host !== undefined && this.#onUpdated(uri, held.host) };
    this.#held.set(uri, held);
    try {
      const refusal = await this.#subscribe(held, targets);
      // It was given up while the servers were asked.
      if (this.#held.get(uri) !== held) held.host?.subscriptions.remove(held.own, held.hear);
      if (refusal !== undefined) this.#forget(uri, held);
      return refusal;
    } catch (thrown) {
      this.#forget(uri, held);
      throw thrown;
    }
  }

  remove(uri: string): void {
    const held = this.#held.get(uri);
    this.#held.delete(uri);
    held?.host?.subscriptions.remove(held.own, held.hear);
  }

  close(): void {
    for (const uri of [...this.#held.keys()]) this.remove(uri);
  }

  async #subscribe(held: Held, targets: readonly Target[]): Promise<string | undefined> {
    let refusal: string | undefined;
    let failure: unknown;
    for (const { host, own } of targets) {
      try {
        refusal = await host.subscriptions.add(own, held.hear);
        if (refusal !== undefined) continue;
        held.host = host;
        held.own = own;
        return undefined;
      } catch (thrown) {
        failure = thrown;
      }
    }
    if (refusal === undefined && failure !== undefined) throw failure;
    return refusal ?? JSON.stringify({ code: JSON_RPC_CODE.not_found, message: "Unknown resource" });
  }

  #forget(uri: string, held: Held): void {
    if (this.#held.get(uri) === held) this.#held.delete(uri);
  }
}
