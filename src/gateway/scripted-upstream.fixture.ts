import { resultMessage } from "../mcp/json-rpc.ts";
import { LIST_KINDS, LISTS, type ListKind } from "./catalog/list-item.ts";
import type { InitializeResult, Upstream, UpstreamAnswer, UpstreamCall, UpstreamEvents, UpstreamStatus } from "./upstream/upstream.ts";
import { upstreamUnavailable } from "./upstream/upstream-errors.ts";

export type Answering = (call: UpstreamCall) => UpstreamAnswer | Promise<UpstreamAnswer>;

export interface ServerScript {
  readonly initialized?: Partial<InitializeResult>;
  /** The JSON text of each entry of a list. A kind that is not here is not offered. */
  readonly lists?: Partial<Record<ListKind, readonly string[]>>;
  /** By method; goes before what the script answers by itself. */
  readonly answers?: Readonly<Record<string, Answering>>;
  /** Whether it tells clients apart; it does by default. */
  readonly keepsPeers?: boolean;
  /** Whether it answers modern requests itself; it does not by default. */
  readonly modern?: boolean;
  /** What it answers to a subscription: the text of a JSON-RPC error, or nothing where it takes it, as it does by default. */
  readonly subscribe?: (uri: string) => string | undefined | Promise<string | undefined>;
}

/** A server that a test plays: it answers from a script, hangs, dies and comes back on command. */
export class ScriptedServer {
  /** Every call that reached it, in order. */
  readonly calls: UpstreamCall[] = [];
  /** The notifications of clients that reached it. */
  readonly notices: string[] = [];
  /** The resources that the gateway is subscribed to. */
  readonly subscribed = new Set<string>();
  /** Those that it has ever subscribed to, in order. */
  readonly subscriptions: string[] = [];
  lists: Partial<Record<ListKind, readonly string[]>>;
  readonly #script: ServerScript;
  readonly #events: Set<UpstreamEvents> = new Set();
  #status: UpstreamStatus = { state: "ready" };
  #waiting: { resolve: () => void; reject: (error: Error) => void; promise: Promise<void> } | undefined;
  closed = 0;
  /** How often its state was looked at. */
  looks = 0;

  constructor(script: ServerScript = {}) {
    this.#script = script;
    this.lists = script.lists ?? {};
  }

  /** It is being started and says nothing. */
  hang(): this {
    this.#status = { state: "starting" };
    this.#waiting = Promise.withResolvers<void>();
    this.#waiting.promise.catch(() => {});
    return this;
  }

  /** It is away; calls are refused at once. */
  die(reason: string): this {
    this.#status = { state: "failed", reason };
    this.#waiting?.reject(upstreamUnavailable("scripted", reason));
    this.#waiting = undefined;
    return this;
  }

  /** It is there (again), and says so. */
  comeBack(): this {
    this.#status = { state: "ready" };
    this.#waiting?.resolve();
    this.#waiting = undefined;
    this.announce();
    return this;
  }

  /** Says that a resource changed. */
  update(uri: string): void {
    for (const events of this.#events) events.resourceUpdated(uri);
  }

  /** Says that its lists changed. */
  announce(): void {
    for (const events of this.#events) events.listChanged();
  }

  /** What it may tell the gateway of itself, once it is connected. */
  get events(): UpstreamEvents {
    const [events] = this.#events;
    if (events === undefined) throw new Error("nobody is connected");
    return events;
  }

  of(method: string): UpstreamCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  connect(handle: string, events: UpstreamEvents): Upstream {
    this.#events.add(events);
    const away = () => (this.#status.state === "failed" ? upstreamUnavailable(handle, this.#status.reason ?? "") : undefined);
    const whenThere = async () => {
      await this.#waiting?.promise;
      const error = away();
      if (error !== undefined) throw error;
    };
    return {
      start: () => {},
      ready: async () => {
        await whenThere();
        return this.#initialized();
      },
      request: async (call) => {
        await whenThere();
        this.calls.push(call);
        return this.#answer(call);
      },
      notify: (_, message) => this.notices.push(message),
      subscribe: async (uri) => {
        await whenThere();
        const refusal = await this.#script.subscribe?.(uri);
        if (refusal !== undefined) return refusal;
        this.subscribed.add(uri);
        this.subscriptions.push(uri);
        return undefined;
      },
      unsubscribe: (uri) => this.subscribed.delete(uri),
      keepsPeers: () => this.#script.keepsPeers ?? true,
      speaksModern: () => this.#script.modern === true,
      status: () => {
        this.looks += 1;
        return this.#status;
      },
      close: async () => {
        this.closed += 1;
        this.#events.delete(events);
      },
    };
  }

  #initialized(): InitializeResult {
    const capabilities = Object.fromEntries(Object.keys(this.lists).map((kind) => [LISTS[kind as ListKind].capability, {}]));
    return { protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "scripted", version: "1" }, ...this.#script.initialized };
  }

  #answer(call: UpstreamCall): UpstreamAnswer | Promise<UpstreamAnswer> {
    const scripted = this.#script.answers?.[call.method];
    if (scripted !== undefined) return scripted(call);
    const kind = LIST_KINDS.find((known) => LISTS[known].method === call.method);
    if (kind !== undefined) return resultMessage(call.idText, `{"${kind}":[${(this.lists[kind] ?? []).join(",")}]}`);
    const type = call.era === "modern" ? { resultType: "complete" } : {};
    return resultMessage(call.idText, JSON.stringify({ ...type, asked: call.method, params: call.paramsText ?? null }));
  }
}

/** The text of a tool's entry. */
export function toolText(name: string): string {
  return `{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}}`;
}
