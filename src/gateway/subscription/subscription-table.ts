import { JSON_RPC_CODE } from "../../core/error-tables.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** Hears that a resource is not what it was. */
export type Hearer = () => void;

interface Entry {
  readonly hearers: Set<Hearer>;
  /** What the server said to the subscription. */
  readonly begun: Promise<string | undefined>;
}

const MAX_URIS = 10_000;
const FULL = JSON.stringify({ code: JSON_RPC_CODE.exhausted, message: "Too many resources of this server are subscribed to" });

/** Who wants to hear of the resources of one server: it knows one subscriber to each, whoever many there are. */
export class SubscriptionTable {
  readonly #upstream: Pick<Upstream, "subscribe" | "unsubscribe">;
  readonly #entries = new Map<string, Entry>();

  constructor(upstream: Pick<Upstream, "subscribe" | "unsubscribe">) {
    this.#upstream = upstream;
  }

  /** Resolves with the text of the JSON-RPC error object where the server refuses. Throws like `Upstream.subscribe`. */
  async add(uri: string, hearer: Hearer): Promise<string | undefined> {
    const known = this.#entries.get(uri);
    if (known === undefined && this.#entries.size >= MAX_URIS) return FULL;
    const entry = known ?? { hearers: new Set(), begun: this.#upstream.subscribe(uri) };
    this.#entries.set(uri, entry);
    entry.hearers.add(hearer);
    try {
      const refusal = await entry.begun;
      if (refusal !== undefined) this.#forget(uri, entry, hearer);
      return refusal;
    } catch (thrown) {
      this.#forget(uri, entry, hearer);
      throw thrown;
    }
  }

  remove(uri: string, hearer: Hearer): void {
    const entry = this.#entries.get(uri);
    if (entry === undefined || !this.#forget(uri, entry, hearer)) return;
    // One that is still on its way would come behind its end.
    const end = () => this.#entries.has(uri) || this.#upstream.unsubscribe(uri);
    entry.begun.then(end, () => {});
  }

  /** The server has said so. */
  updated(uri: string): void {
    for (const hearer of [...(this.#entries.get(uri)?.hearers ?? [])]) hearer();
  }

  /** Hands all who hear to the table of the server that takes this one's place. What it refuses is not heard of any more. */
  moveTo(next: SubscriptionTable): void {
    for (const [uri, { hearers }] of this.#entries) for (const hearer of hearers) next.add(uri, hearer).catch(() => {});
  }

  /** Whether that was the last one. */
  #forget(uri: string, entry: Entry, hearer: Hearer): boolean {
    entry.hearers.delete(hearer);
    if (entry.hearers.size > 0 || this.#entries.get(uri) !== entry) return false;
    return this.#entries.delete(uri);
  }
}
