import { type BackoffPolicy, backoffMs } from "../../core/backoff.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import { isJsonObject } from "../../mcp/client/json-object.ts";
import { METHOD_NOT_FOUND } from "../../mcp/json-rpc.ts";
import { gatewayParams } from "./discover.ts";
import { offersSubscriptions } from "./legacy-subscriber.ts";
import type { Subscriber } from "./subscriptions.ts";
import { type InitializeResult, isListChanged, type UpstreamEvents } from "./upstream.ts";
import { NO_SUBSCRIPTIONS, upstreamUnavailable } from "./upstream-errors.ts";

/** Opens streams of `subscriptions/listen`, over whatever carries them. */
export interface ListenChannel {
  /**
   * Opens one and hands its notifications to `onMessage`. Resolves when it is over; with the text of the JSON-RPC error object
   * where the server refuses. Rejects where it breaks.
   */
  listen(
    paramsText: string,
    onMessage: (message: Readonly<Record<string, unknown>>) => void,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}

export interface ModernListenOptions {
  readonly handle: string;
  readonly channel: ListenChannel;
  readonly capabilities: InitializeResult["capabilities"];
  /** Those that are wanted, which others add to and take from. */
  readonly uris: ReadonlySet<string>;
  readonly events: Pick<UpstreamEvents, "listChanged" | "resourceUpdated">;
  readonly acknowledgeTimeoutMs: number;
  /** When a stream that ended is opened again. */
  readonly again: BackoffPolicy;
  /** The server does not know the method at all. */
  readonly onUnknown: () => void;
}

const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
const UPDATED = "notifications/resources/updated";

/**
 * The gateway's one stream of changes from a modern server: changes of lists, and of the resources that are wanted. When other
 * resources are wanted it opens another stream, and ends the old one when the new one is acknowledged, so that nothing is
 * missed; when it breaks it opens another, and takes the gap for a change of everything.
 */
export class ModernListen implements Subscriber {
  readonly #options: ModernListenOptions;
  readonly #closing = new AbortController();
  /** The newest. */
  #stream: ListenStream | undefined;
  #soon: Promise<ListenStream | undefined> | undefined;
  #failures = 0;

  constructor(options: ModernListenOptions) {
    this.#options = options;
    if (this.#wantsAny()) this.#open(false);
  }

  async add(uri: string): Promise<string | undefined> {
    if (!offersSubscriptions(this.#options.capabilities)) return NO_SUBSCRIPTIONS;
    const known = this.#stream?.asked.has(uri) ? this.#stream : undefined;
    const honoured = await (known ?? (await this.#reopen()))?.acknowledged;
    if (honoured === undefined || typeof honoured === "string") return honoured;
    return honoured.has(uri) ? undefined : NO_SUBSCRIPTIONS;
  }

  remove(): void {
    void this.#reopen();
  }

  close(): void {
    this.#closing.abort();
    this.#stream?.end();
  }

  #wantsAny(): boolean {
    const { capabilities, uris } = this.#options;
    return uris.size > 0 || Object.keys(listFilter(capabilities)).length > 0;
  }

  /** Changes that come together open one stream. */
  #reopen(): Promise<ListenStream | undefined> {
    this.#soon ??= Promise.resolve().then(() => {
      this.#soon = undefined;
      if (this.#wantsAny()) return this.#open(false);
      this.#stream?.end();
      this.#stream = undefined;
      return undefined;
    });
    return this.#soon;
  }

  /** `afterGap`: what changed since the last stream is not known. */
  #open(afterGap: boolean): ListenStream {
    const { handle, channel, capabilities, uris, events, acknowledgeTimeoutMs } = this.#options;
    const before = this.#stream;
    const stream = new ListenStream({ handle, channel, events, acknowledgeTimeoutMs }, listFilter(capabilities), new Set(uris));
    this.#stream = stream;
    stream.acknowledged.then(
      (honoured) => {
        before?.end();
        if (typeof honoured === "string") return;
        this.#failures = 0;
        if (afterGap) this.#tellGap();
      },
      () => before?.end(),
    );
    void stream.over.then((error) => this.#follow(stream, error));
    if (this.#closing.signal.aborted) stream.end();
    return stream;
  }

  async #follow(stream: ListenStream, error: string | undefined): Promise<void> {
    if (isUnknownMethod(error)) return this.#options.onUnknown();
    this.#failures += 1;
    if (this.#stream === stream) await waitOrAbort(backoffMs(this.#options.again, this.#failures, Math.random()), this.#closing.signal);
    if (this.#stream === stream && !this.#closing.signal.aborted && this.#wantsAny()) this.#open(true);
  }

  #tellGap(): void {
    const { events, uris } = this.#options;
    events.listChanged();
    for (const uri of uris) events.resourceUpdated(uri);
  }
}

type ListenStreamDeps = Pick<ModernListenOptions, "handle" | "channel" | "events" | "acknowledgeTimeoutMs">;

/** One stream: opened → acknowledged → over. */
class ListenStream {
  readonly asked: ReadonlySet<string>;
  /** The resources that the server has agreed to, or the text of its refusal. Rejects where it broke before. */
  readonly acknowledged: Promise<ReadonlySet<string> | string>;
  /** Resolves when it is over for whatever reason, with the text of a refusal. */
  readonly over: Promise<string | undefined>;
  readonly #deps: ListenStreamDeps;
  readonly #ending = new AbortController();
  readonly #acknowledge = Promise.withResolvers<ReadonlySet<string> | string>();

  constructor(deps: ListenStreamDeps, lists: Readonly<Record<string, true>>, uris: ReadonlySet<string>) {
    this.#deps = deps;
    this.asked = uris;
    this.acknowledged = this.#acknowledge.promise;
    this.acknowledged.catch(() => {});
    const { handle, channel, acknowledgeTimeoutMs } = deps;
    const timer = setTimeout(() => this.end(), acknowledgeTimeoutMs);
    this.acknowledged.finally(() => clearTimeout(timer)).catch(() => {});
    const notifications = uris.size === 0 ? lists : { ...lists, resourceSubscriptions: [...uris] };
    const late = () => this.#acknowledge.reject(upstreamUnavailable(handle, "it does not say what changes"));
    this.over = channel
      .listen(gatewayParams({ notifications }), (message) => this.#take(message), this.#ending.signal)
      .then(
        (error) => {
          if (error !== undefined) this.#acknowledge.resolve(error);
          return error;
        },
        () => undefined,
      )
      .finally(late);
  }

  end(): void {
    this.#ending.abort();
  }

  #take({ method, params }: Readonly<Record<string, unknown>>): void {
    if (this.#ending.signal.aborted) return;
    const { events } = this.#deps;
    const of = isJsonObject(params) ? params : {};
    if (method === ACKNOWLEDGED) this.#acknowledge.resolve(honouredUris(of.notifications));
    else if (isListChanged(method)) events.listChanged();
    else if (method === UPDATED && typeof of.uri === "string") events.resourceUpdated(of.uri);
  }
}

/** Changes of lists that a server says it tells. */
function listFilter(capabilities: InitializeResult["capabilities"]): Readonly<Record<string, true>> {
  const told = ["tools", "prompts", "resources"].filter((kind) => {
    const offered = capabilities[kind];
    return isJsonObject(offered) && offered.listChanged === true;
  });
  return Object.fromEntries(told.map((kind) => [`${kind}ListChanged`, true as const]));
}

function honouredUris(notifications: unknown): ReadonlySet<string> {
  const uris = isJsonObject(notifications) ? notifications.resourceSubscriptions : undefined;
  return new Set(Array.isArray(uris) ? uris.filter((uri) => typeof uri === "string") : []);
}

function isUnknownMethod(error: string | undefined): boolean {
  return error !== undefined && (JSON.parse(error) as { code?: unknown }).code === METHOD_NOT_FOUND;
}
