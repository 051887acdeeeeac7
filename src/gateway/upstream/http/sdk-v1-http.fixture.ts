import { type EventStore, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { type SdkV1Server, sdkV1Server } from "../sdk-v1-server.fixture.ts";

export interface SdkV1Http extends Disposable {
  readonly url: string;
  /** By session id, those that are not ended. */
  readonly sessions: ReadonlyMap<string, SdkV1Server>;
  /** `<HTTP method> <session id or -> <Last-Event-ID or ->` of each request. */
  readonly requests: string[];
  /** Forgets all sessions, as after a restart. */
  forget(): void;
}

/** Servers made with the SDK of the legacy revisions at a URL, one for each session, whose streams can be resumed. */
export function startSdkV1Http({ json = false, retryMs }: { json?: boolean; retryMs?: number } = {}): SdkV1Http {
  const transports = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const sessions = new Map<string, SdkV1Server>();
  const requests: string[] = [];
  const open = async () => {
    const made = sdkV1Server();
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      enableJsonResponse: json,
      eventStore: eventStore(),
      // Bun sends the head of a stream with its first piece.
      keepAliveMs: 5,
      ...(retryMs === undefined ? {} : { retryInterval: retryMs }),
      onsessioninitialized: (id) => {
        transports.set(id, transport);
        sessions.set(id, made);
      },
      onsessionclosed: (id) => {
        transports.delete(id);
        sessions.delete(id);
      },
    });
    await made.server.connect(transport);
    return transport;
  };
  const unknown = () => Response.json({ jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } }, { status: 404 });
  const listening = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const id = request.headers.get("mcp-session-id");
      requests.push(`${request.method} ${id ?? "-"} ${request.headers.get("last-event-id") ?? "-"}`);
      const transport = id === null ? await open() : transports.get(id);
      return transport === undefined ? unknown() : transport.handleRequest(request);
    },
  });
  return {
    url: `http://127.0.0.1:${listening.port}/mcp`,
    sessions,
    requests,
    forget() {
      transports.clear();
      sessions.clear();
    },
    [Symbol.dispose]: () => void listening.stop(true),
  };
}

/** Keeps every event; the SDK's example loses those of a session's own stream. */
function eventStore(): EventStore {
  const events: { streamId: string; message: JSONRPCMessage }[] = [];
  return {
    storeEvent: async (streamId, message) => String(events.push({ streamId, message })),
    async replayEventsAfter(lastEventId, { send }) {
      const streamId = events[Number(lastEventId) - 1]?.streamId ?? "";
      for (const [index, event] of events.entries()) {
        const wanted = index >= Number(lastEventId) && event.streamId === streamId && "jsonrpc" in event.message;
        if (wanted) await send(String(index + 1), event.message);
      }
      return streamId;
    },
  };
}
