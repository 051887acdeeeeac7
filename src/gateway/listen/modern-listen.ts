import type { Caller } from "../../core/caller.ts";
import { META } from "../../mcp/eras/2026-07-28/meta-keys.ts";
import { resultMessage } from "../../mcp/json-rpc.ts";
import { mayHearOf } from "../access/may-hear-of.ts";
import type { TaskWatch } from "../modern-task/task-watch.ts";
import { isRefusal, type Refusal } from "../refusal.ts";
import type { ServerHost } from "../server-host.ts";
import type { Audience } from "../serving/client-events.ts";
import { EventStream, type EventStreamOptions } from "../stream/event-stream.ts";
import { ClientSubscriptions } from "../subscription/client-subscriptions.ts";
import type { ListChangedMethod } from "../upstream/upstream.ts";
import { filterParams, type ListenFilter } from "./listen-filter.ts";

export interface ListenOptions {
  /** Of the request, which is how its messages are known, as JSON text. */
  readonly idText: string;
  readonly principalId: string;
  /** The project's id, and the server's id on a route of one server. */
  readonly project: string | undefined;
  readonly server: string | undefined;
  readonly caller: Caller;
  /** Who answers, in the protocol's words. */
  readonly serverInfo: Readonly<Record<string, unknown>>;
  /** Looks again who calls, and what they may do. */
  readonly renew: () => Promise<Caller | Refusal>;
  readonly maxUris: number;
}

/**
 * A stream on which a modern client hears of changes. The first message says what it will hear of; the last one, where the
 * gateway ends it, is the result of the request.
 */
export class ModernListen implements Audience {
  readonly stream: EventStream;
  readonly subscriptions: ClientSubscriptions;
  readonly #options: ListenOptions;
  #caller: Caller;
  #lists: readonly ListChangedMethod[] = [];
  #tasks: TaskWatch | undefined;

  constructor(options: ListenOptions, stream: Omit<EventStreamOptions, "idPrefix" | "onTimeUp">) {
    this.#options = options;
    this.#caller = options.caller;
    this.subscriptions = new ClientSubscriptions(options.maxUris, (uri, host) => this.#updated(uri, host));
    const onLeft = () => {
      this.subscriptions.close();
      this.#tasks?.close();
      stream.onLeft();
    };
    this.stream = new EventStream({ ...stream, idPrefix: undefined, onLeft, onTimeUp: () => this.end() });
  }

  get project(): string | undefined {
    return this.#options.project;
  }

  get server(): string | undefined {
    return this.#options.server;
  }

  get principalId(): string {
    return this.#options.principalId;
  }

  get caller(): Caller {
    return this.#caller;
  }

  /** Says what of the client's wishes it will hear of. Where that is nothing, there is nothing to wait for. */
  acknowledge(honoured: ListenFilter): void {
    this.#lists = honoured.lists;
    this.#say("notifications/subscriptions/acknowledged", { notifications: filterParams(honoured) });
    if (honoured.lists.length === 0 && honoured.uris.length === 0 && honoured.taskIds.length === 0) this.end();
  }

  /** Tells of tasks too, as `watch` gives them. */
  watchTasks(watch: TaskWatch): void {
    this.#tasks = watch;
    watch.open();
  }

  /** A task in the extension's words is another than before. */
  taskChanged(text: string): void {
    this.stream.say(`{"jsonrpc":"2.0","method":"notifications/tasks","params":{"_meta":{${this.#idMember()}},${text.slice(1)}}`);
  }

  listChanged(method: ListChangedMethod): void {
    if (this.#lists.includes(method)) this.#say(method, {});
  }

  /** Takes note of what the client may do now, and ends it where that is nothing any more. */
  async renewCaller(): Promise<void> {
    const caller = await this.#options.renew();
    if (!isRefusal(caller)) this.#caller = caller;
    // A control plane that is away says nothing of the client.
    else if (caller.status === 401 || caller.status === 403) this.end();
  }

  end(): void {
    const { idText, serverInfo } = this.#options;
    const meta = `{${this.#idMember()},${JSON.stringify(META.serverInfo)}:${JSON.stringify(serverInfo)}}`;
    this.stream.finish(resultMessage(idText, `{"resultType":"complete","_meta":${meta}}`));
  }

  #updated(uri: string, { handle }: ServerHost): void {
    if (mayHearOf(this.#caller, handle)) this.#say("notifications/resources/updated", { uri });
  }

  #say(method: string, params: Readonly<Record<string, unknown>>): void {
    const members = Object.entries(params).map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`);
    this.stream.say(`{"jsonrpc":"2.0","method":"${method}","params":{"_meta":{${this.#idMember()}}${members.join("")}}}`);
  }

  #idMember(): string {
    return `${JSON.stringify(META.subscriptionId)}:${this.#options.idText}`;
  }
}
