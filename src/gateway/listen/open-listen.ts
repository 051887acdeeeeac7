import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { RequestEnvelope } from "../../mcp/envelope.ts";
import { errorMessage, INVALID_PARAMS } from "../../mcp/json-rpc.ts";
import type { Answer } from "../answer.ts";
import type { View } from "../catalog/view.ts";
import { capabilitiesOf } from "../execute/discover.ts";
import { serverInfoOf } from "../execute/modern-result.ts";
import type { TaskRequestDeps } from "../modern-task/task-requests.ts";
import { TaskWatch } from "../modern-task/task-watch.ts";
import { missingTasksCapability, takesTasks } from "../modern-task/tasks-extension.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { OpenStream } from "../stream/event-sink.ts";
import type { SharedRoom } from "../stream/shared-room.ts";
import type { StreamSettings } from "../stream/stream-settings.ts";
import type { StreamTerms } from "../stream/stream-terms.ts";
import { honouredFilter, type ListenFilter, parseListenFilter } from "./listen-filter.ts";
import type { Listens } from "./listens.ts";
import { type ListenOptions, ModernListen } from "./modern-listen.ts";

export interface OpenListenDeps extends TaskRequestDeps {
  readonly listens: Listens;
  readonly streamSettings: StreamSettings;
  readonly streamRoom: SharedRoom;
}

export interface OpenListenRequest extends Omit<ListenOptions, "idText" | "serverInfo" | "maxUris"> {
  readonly message: RequestEnvelope;
  readonly view: View;
  /** How the stream is kept. */
  readonly terms: StreamTerms;
  /** Whether calls become tasks here. */
  readonly hasTasks: boolean;
}

const MAX_URIS = 1000;
const MAX_TASKS = 100;
/** A server that does not answer a subscription by then is left out. */
const SUBSCRIBE_WAIT_MS = 5000;

/** Opens a stream of changes: it begins with what of it can be told, and lasts until the client closes it, or its time is up. */
export async function openListen(
  deps: OpenListenDeps,
  { message, view, terms, hasTasks, ...who }: OpenListenRequest,
): Promise<Refusal | Answer | { readonly kind: "listen"; readonly open: OpenStream; readonly terms: StreamTerms }> {
  const { listens, streamSettings, streamRoom } = deps;
  const { idText, params } = message;
  const wanted = parseListenFilter(params.notifications);
  if (wanted === undefined) return invalid(idText, "notifications must say what to listen for");
  if (wanted.uris.length > MAX_URIS) return invalid(idText, `resourceSubscriptions has more than ${MAX_URIS} entries`);
  if (wanted.taskIds.length > MAX_TASKS) return invalid(idText, `taskIds has more than ${MAX_TASKS} entries`);
  if (hasTasks && wanted.taskIds.length > 0 && !takesTasks(params)) return missingTasksCapability(idText);
  if (!listens.hasRoom(who.principalId)) {
    return refuse("rate_limited", "Too many streams of changes are open already", { "retry-after": "1" });
  }
  const options = { ...who, idText, serverInfo: serverInfoOf(view), maxUris: MAX_URIS };
  const onLeft = () => listens.remove(listen);
  const listen: ModernListen = new ModernListen(options, { settings: streamSettings, room: streamRoom, onLeft });
  listens.add(listen);
  const told = honouredFilter(wanted, await capabilitiesOf(view));
  const uris = await subscribe(listen, view, told.uris);
  const watch = new TaskWatch(deps, { principalId: who.principalId, onTask: (text) => listen.taskChanged(text) });
  const taskIds = hasTasks ? await watch.start(told.taskIds).catch(() => []) : [];
  listen.acknowledge({ ...told, uris, taskIds });
  listen.watchTasks(watch);
  return { kind: "listen", open: (sink) => listen.stream.open(sink), terms };
}

/** Those of the resources that a server tells of. */
async function subscribe({ subscriptions }: ModernListen, view: View, uris: ListenFilter["uris"]): Promise<string[]> {
  const over = new AbortController();
  const late = waitOrAbort(SUBSCRIBE_WAIT_MS, over.signal).then(() => "late" as const);
  const taken = await Promise.all(
    uris.map(async (uri) => {
      const refusal = await Promise.race([late, subscriptions.add(uri, view.resource(uri)).catch(() => "failed")]);
      if (refusal !== undefined) subscriptions.remove(uri);
      return refusal === undefined ? [uri] : [];
    }),
  );
  over.abort();
  return taken.flat();
}

function invalid(idText: string, why: string): Answer {
  return { kind: "answer", body: errorMessage(idText, { code: INVALID_PARAMS, message: `Invalid params: ${why}` }) };
}
