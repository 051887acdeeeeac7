import { AppError } from "../../core/app-error.ts";

/** How one connection is subscribed, in the way of its era. */
export interface Subscriber {
  /** Resolves with the text of the JSON-RPC error object where the server refuses. Throws what `Upstream.subscribe` throws. */
  add(uri: string): Promise<string | undefined>;
  /** Never throws. */
  remove(uri: string): void;
}

export interface SubscriptionsOptions {
  readonly handle: string;
  /** That of the live connection; throws where there is none. */
  readonly subscriber: () => Promise<Subscriber>;
  readonly onUpdated: (uri: string) => void;
}

/** Resources of one server that may be subscribed to at the same time. */
const MAX_SUBSCRIPTIONS = 1024;

/** The resources to which the gateway is subscribed at one server, whoever wants to hear of them. They outlast a connection. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #uris = new Set<string>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get uris(): ReadonlySet<string> {
    return this.#uris;
  }

  /** Throws `exhausted`/`SUBSCRIPTIONS_FULL`, and what `Upstream.subscribe` throws. */
  async add(uri: string): Promise<string | undefined> {
    const subscriber = await this.#options.subscriber();
    if (this.#uris.has(uri)) return undefined;
    if (this.#uris.size >= MAX_SUBSCRIPTIONS) {
      const message = `Server ${this.#options.handle} has ${MAX_SUBSCRIPTIONS} subscriptions already`;
      throw new AppError("exhausted", "SUBSCRIPTIONS_FULL", message);
    }
    this.#uris.add(uri);
    try {
      const error = await subscriber.add(uri);
      if (error !== undefined) this.#uris.delete(uri);
      // It was not wanted any more before the server had answered.
      else if (!this.#uris.has(uri)) subscriber.remove(uri);
      return error;
    } catch (thrown) {
      this.#uris.delete(uri);
      throw thrown;
    }
  }

  remove(uri: string): void {
    if (!this.#uris.delete(uri)) return;
    this.#options.subscriber().then(
      (subscriber) => subscriber.remove(uri),
      () => {},
    );
  }

  /** On a connection that is new: subscribes anew, and says of each resource that it may have changed meanwhile. */
  restore(subscriber: Subscriber): void {
    for (const uri of this.#uris) {
      subscriber.add(uri).then(
        () => this.#uris.has(uri) && this.#options.onUpdated(uri),
        () => {},
      );
    }
  }
}
