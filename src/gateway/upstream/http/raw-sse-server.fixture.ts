import { type RawConnection, type RawHttpServer, startRawHttpServer } from "./raw-http-server.fixture.ts";

// biome-ignore lint/suspicious/noExplicitAny: a message is looked at by what a test expects of it.
type Message = any;

export interface RawSseServer extends Disposable {
  readonly url: URL;
  /** The heads of all requests, and the messages that were posted. */
  readonly heads: readonly string[];
  readonly posted: readonly Message[];
  /** Connections that are open now. */
  readonly open: number;
  /** Connections that were closed since the start. */
  readonly closed: number;
  /** Writes to the stream. */
  say(...messages: readonly (object | string)[]): void;
  sayRaw(text: string): void;
  /** Ends the stream in good order, or with a reset. */
  endStream(how?: "end" | "reset"): void;
}

export interface RawSseScript {
  /** The head that GET is answered with, and all of its response where it is no stream. */
  readonly stream?: string;
  /** What the stream says first; undefined: nothing. */
  readonly first?: string | undefined;
  /** What a posted message is answered with; undefined: nothing. Called before the message is carried out. */
  readonly postReply?: (message: Message) => string | undefined;
  /** `initialize` is not answered. */
  readonly silent?: boolean;
  /** Carries out a posted message. */
  readonly onMessage?: (message: Message, server: RawSseServer) => void;
}

const STREAM = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
export const ENDPOINT = "event: endpoint\ndata: /messages?sessionId=s1\n\n";
export const ACCEPTED = "HTTP/1.1 202 Accepted\r\ncontent-length: 8\r\n\r\nAccepted";

/** A server of the HTTP+SSE transport made of bytes: it says what the test says, wrong things too. */
export function startRawSseServer(script: RawSseScript = {}): RawSseServer {
  const { stream = STREAM, postReply = () => ACCEPTED, silent = false, onMessage } = script;
  const first = "first" in script ? script.first : ENDPOINT;
  const heads: string[] = [];
  const posted: Message[] = [];
  let streaming: RawConnection | undefined;
  const http: RawHttpServer = startRawHttpServer({
    onRequest(connection, request, body) {
      heads.push(request.slice(0, request.indexOf("\r\n\r\n")));
      if (request.startsWith("GET ")) {
        streaming = connection;
        void connection.send(stream + (first ?? ""));
        return;
      }
      const message = JSON.parse(body);
      posted.push(message);
      const reply = postReply(message);
      if (reply !== undefined) void connection.send(reply);
      onMessage?.(message, server);
      if (message.method === "initialize" && !silent) server.say(initialized(message.id));
    },
  });
  const server: RawSseServer = {
    url: new URL("/sse", http.url),
    heads,
    posted,
    get open() {
      return http.open;
    },
    get closed() {
      return http.opened - http.open;
    },
    say: (...messages) => {
      for (const message of messages)
        server.sayRaw(`event: message\ndata: ${typeof message === "string" ? message : JSON.stringify(message)}\n\n`);
    },
    sayRaw: (text) => void streaming?.send(text),
    endStream: (how = "end") => (how === "end" ? streaming?.end() : streaming?.reset()),
    [Symbol.dispose]: () => http[Symbol.dispose](),
  };
  return server;
}

function initialized(id: unknown): object {
  const serverInfo = { name: "sse", version: "1" };
  return { jsonrpc: "2.0", id, result: { protocolVersion: "2024-11-05", capabilities: { tools: {} }, serverInfo } };
}
