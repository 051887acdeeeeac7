import { servers as endpoints } from "../../api/endpoints/resource-endpoints.ts";
import { callerOf, type Grant } from "../../api/grant.ts";
import type { ServerLogLine } from "../../api/resources/server-log.ts";
import type { Actor } from "../access/actor.ts";
import { EventBuffer } from "../audit/event-buffer.ts";
import { findLoggedServer, notRunHere } from "../server/find-logged-server.ts";
import type { ServerLogSource } from "../server/server-log-source.ts";
import type { ServerStore } from "../server/server-store.ts";
import { eventStream } from "./event-stream.ts";
import { type Route, route } from "./route.ts";

export interface ServerLogRoutesDeps {
  readonly servers: ServerStore;
  readonly logs: ServerLogSource;
  /** As `ApiDeps.authenticate`: a stream ends when its credential opens it no longer. */
  readonly authenticate: (request: Request, address: string | undefined) => Promise<Grant>;
  /** Aborted when the server stops: then every stream ends. */
  readonly stopping: AbortSignal;
  readonly heartbeatMs?: number;
}

/** Lines that one slow reader may have waiting. */
const MAX_WAITING = 1000;

export function serverLogRoutes(deps: ServerLogRoutesDeps): Route[] {
  return [
    route(endpoints.logs, async ({ params, query: { tail, follow }, actor, address, request }) => {
      const server = await findLoggedServer(deps.servers, actor, params.id);
      const log = deps.logs.read(server.handle, tail);
      if (log === undefined) throw notRunHere(server);
      if (follow !== "true") return log;
      // In one turn with the reading: no line comes between.
      const { unsubscribe, ...buffered } = subscribe(deps.logs, server.handle);
      const stillAllowed = recheck(deps, { actor, address, request }, server.id);
      const { stopping, heartbeatMs } = deps;
      return eventStream({ ...buffered, first: log.items, unsubscribe, skippedEvent, stillAllowed, request, stopping, heartbeatMs });
    }),
  ];
}

function subscribe(logs: ServerLogSource, handle: string) {
  const buffer = new EventBuffer<ServerLogLine>(MAX_WAITING);
  const over = new AbortController();
  const unsubscribe = logs.follow(handle, { line: buffer.event, end: () => over.abort() });
  return { buffer, over: over.signal, unsubscribe };
}

interface Asked {
  readonly actor: Actor;
  readonly address: string | undefined;
  readonly request: Request;
}

/** Whether the credential still opens the log of the same server. */
function recheck({ servers, authenticate }: ServerLogRoutesDeps, { actor, address, request }: Asked, id: string): () => Promise<boolean> {
  // The first one is not to be had any more when its answer has begun.
  const again = new Request(request.url, { headers: request.headers });
  return async () => {
    try {
      const caller = callerOf(await authenticate(again, address));
      return (await findLoggedServer(servers, { ...actor, caller }, id)).id === id;
    } catch {
      return false;
    }
  };
}

function skippedEvent(skipped: number): ServerLogLine {
  return { at: new Date().toISOString(), life: 0, text: "", skipped };
}
