/**
 * A small MCP server over HTTP for tests: it answers the handshake and a list of tools,
 * and lets a test replace the answer to any method. It keeps what it was sent.
 */
import { encodeSseMessage } from "../sse.ts";
import { isJsonObject } from "./json-object.ts";

export interface SentMessage {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers: Headers;
  /** The body as it came. */
  readonly text: string;
  /** The JSON-RPC message; empty where there was no body. */
  readonly message: Readonly<Record<string, unknown>>;
}

export type Answer = (sent: SentMessage) => Response | Promise<Response>;

export interface ScriptedMcpServer {
  readonly url: string;
  readonly sent: readonly SentMessage[];
  /** The sent messages of one method, or the requests with one HTTP method. */
  of(method: string): SentMessage[];
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Script {
  /** By JSON-RPC method, `reply` for answers to the server's own requests, or by `GET /healthz`, `DELETE`. */
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly tls?: { readonly cert: string; readonly key: string };
}

const SESSION_ID = "session-1";

const STANDARD: Readonly<Record<string, Answer>> = {
  initialize: (sent) => {
    const serverInfo = { name: "scripted", version: "1.0.0" };
    return jsonReply(sent, { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo }, { "mcp-session-id": SESSION_ID });
  },
  "notifications/initialized": () => new Response(null, { status: 202 }),
  reply: () => new Response(null, { status: 202 }),
  "tools/list": (sent) => jsonReply(sent, { tools: [{ name: "echo" }, { name: "fail" }] }),
  "tools/call": (sent) => jsonReply(sent, echo(sent)),
  "GET /healthz": () => Response.json({ status: "ok" }),
  DELETE: () => new Response(null, { status: 204 }),
};

export function startScriptedMcpServer(script: Script = {}): ScriptedMcpServer {
  const answers: Readonly<Record<string, Answer>> = { ...STANDARD, ...script.answers };
  const sent: SentMessage[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(script.tls === undefined ? {} : { tls: script.tls }),
    async fetch(request) {
      const text = await request.text();
      const body: unknown = request.method === "POST" ? JSON.parse(text) : {};
      const entry = {
        httpMethod: request.method,
        path: new URL(request.url).pathname,
        headers: request.headers,
        text,
        message: isJsonObject(body) ? body : {},
      };
      sent.push(entry);
      return (answers[keyOf(entry)] ?? notFound)(entry);
    },
  });
  return {
    url: `http${script.tls === undefined ? "" : "s"}://127.0.0.1:${server.port}/mcp`,
    sent,
    of: (method) => sent.filter((entry) => entry.message.method === method || entry.httpMethod === method),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function keyOf(entry: SentMessage): string {
  if (entry.httpMethod === "GET") return `GET ${entry.path}`;
  if (entry.httpMethod !== "POST") return entry.httpMethod;
  return typeof entry.message.method === "string" ? entry.message.method : "reply";
}

function notFound(): Response {
  return new Response("not found", { status: 404 });
}

function echo(sent: SentMessage): object {
  const params = isJsonObject(sent.message.params) ? sent.message.params : {};
  const failed = params.name === "fail";
  return {
    content: [{ type: "text", text: failed ? "it broke" : JSON.stringify(params.arguments) }],
    ...(failed ? { isError: true } : {}),
  };
}

export function resultMessageOf(id: unknown, result: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

export function jsonReply(sent: SentMessage, result: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(resultMessageOf(sent.message.id, result), { headers: { ...headers, "content-type": "application/json" } });
}

export function errorReply(sent: SentMessage, code: number, message: string, data?: unknown): Response {
  return Response.json({ jsonrpc: "2.0", id: sent.message.id, error: { code, message, data } });
}

/** A finished stream of one event for each message. */
export function sseReply(...messages: readonly string[]): Response {
  return streamReply([messages.map((message) => encodeSseMessage(message)).join("")]);
}

/** A stream of exactly these pieces; `open` leaves it unfinished. */
export function streamReply(pieces: readonly (string | Uint8Array)[], ending: "end" | "open" = "end"): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
        // A turn of the loop between pieces, so that they leave one by one.
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (ending === "end") controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
