import { type LinkHandler, type LinkMessage, NOT_HELD, type ReplicaLink } from "./replica-link.ts";

/** Processes that reach each other, all in this one. */
export class LinkPair {
  readonly #handlers = new Map<string, LinkHandler>();
  /** What was sent, in order, with whom it was sent to. */
  readonly sent: (LinkMessage & { readonly to: string })[] = [];

  /** The way of one of them. */
  of(self: string): ReplicaLink {
    this.#handlers.set(self, async () => NOT_HELD);
    return {
      self,
      send: async (to, message) => {
        this.sent.push({ ...message, to });
        return this.#handlers.get(to)?.(message);
      },
      tell: (message) => {
        for (const [to, handle] of this.#handlers) if (to !== self) void handle(message);
      },
      receive: (handle) => this.#handlers.set(self, handle),
      close: async () => void this.#handlers.delete(self),
    };
  }

  /** Sends as another process might that is not one of them. */
  async forge(to: string, message: LinkMessage) {
    return this.#handlers.get(to)?.(message);
  }
}
