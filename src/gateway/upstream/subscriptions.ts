import { AppError } from "../../core/app-error.ts";
import { CallSignal } from "../../core/cancel-signal.ts";
import { isJsonObject } from "../../mcp/client/json-object.ts";
import type { InitializeResult, UpstreamAnswer, UpstreamCall } from "./upstream.ts";
import { NO_SUBSCRIPTIONS } from "./upstream-errors.ts";

export interface SubscriptionsOptions {
  readonly handle: string;
  readonly ready: () => Promise<InitializeResult>;
  readonly request: (call: UpstreamCall) => Promise<UpstreamAnswer>;
  readonly onUpdated: (uri: string) => void;
}

/** Resources of one server that may be subscribed to at the same time. */
export const MAX_SUBSCRIPTIONS = 1024;

/** The resources of a legacy server to which the gateway is subscribed in its own session, whoever wants to hear of them. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #uris = new Set<string>();
  #nextId = 1;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Resolves with the text of the JSON-RPC error object where the server refuses. Throws what `Upstream.subscribe` throws. */
  async add(uri: string): Promise<string | undefined> {
    const { capabilities } = await this.#options.ready();
    if (!offersSubscriptions(capabilities)) return NO_SUBSCRIPTIONS;
    if (this.#uris.has(uri)) return undefined;
    requireRoom(this.#uris, this.#options.handle);
    this.#uris.add(uri);
    try {
      const error = await this.#ask("resources/subscribe", uri);
      if (error !== undefined) this.#uris.delete(uri);
      // It was not wanted any more before the server had answered.
      else if (!this.#uris.has(uri)) void this.#ask("resources/unsubscribe", uri).catch(() => {});
      return error;
    } catch (thrown) {
      this.#uris.delete(uri);
      throw thrown;
    }
  }

  remove(uri: string): void {
    if (this.#uris.delete(uri)) void this.#ask("resources/unsubscribe", uri).catch(() => {});
  }

  /** After the connection was lost: subscribes anew, and says of each resource that it may have changed meanwhile. */
  restore(): void {
    for (const uri of this.#uris) {
      this.#ask("resources/subscribe", uri).then(
        () => this.#uris.has(uri) && this.#options.onUpdated(uri),
        () => {},
      );
    }
  }

  async #ask(method: string, uri: string): Promise<string | undefined> {
    const answer = await this.#options.request({
      peer: undefined,
      era: "legacy",
      idText: `"mcpctl-subscription-${this.#nextId++}"`,
      method,
      paramsText: JSON.stringify({ uri }),
      onNotification: undefined,
      onQuestion: undefined,
      signal: new CallSignal(),
    });
    const { error } = JSON.parse(typeof answer === "string" ? answer : await new Response(answer).text()) as { error?: unknown };
    return error === undefined ? undefined : JSON.stringify(error);
  }
}

function offersSubscriptions({ resources }: Readonly<Record<string, unknown>>): boolean {
  return isJsonObject(resources) && resources.subscribe === true;
}

/** Throws `exhausted`/`SUBSCRIPTIONS_FULL`. */
export function requireRoom({ size }: { readonly size: number }, handle: string): void {
  if (size < MAX_SUBSCRIPTIONS) return;
  throw new AppError("exhausted", "SUBSCRIPTIONS_FULL", `Server ${handle} has ${MAX_SUBSCRIPTIONS} subscriptions already`);
}
