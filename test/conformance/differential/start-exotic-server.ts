import { answersTo } from "./exotic-answers.ts";

/** How a server at a URL says what it has to say. */
export type Manner =
  /** One JSON message, in a session. */
  | "json"
  /** A stream of events, in a session. */
  | "stream"
  /** One JSON message, and no sessions. */
  | "sessionless"
  /** One JSON message, in revision 2026-07-28. */
  | "modern-json"
  /** A stream of events, in revision 2026-07-28. */
  | "modern-stream";

export interface ExoticServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves the exotic answers on a free port of loopback. */
export function startExoticServer(manner: Manner): ExoticServer {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.method !== "POST") return new Response(null, { status: request.method === "DELETE" ? 200 : 405 });
      const text = await request.text();
      const isModern = manner.startsWith("modern");
      const answers = (isModern ? mismatch(request.headers, text) : undefined) ?? answersTo(text, isModern ? "modern" : "legacy");
      if (answers.length === 0) return new Response(null, { status: 202 });
      if (isModern) return modernResponse(answers, manner === "modern-stream");
      const session: Record<string, string> = manner === "sessionless" ? {} : { "mcp-session-id": crypto.randomUUID() };
      const isOpening = text.includes('"method":"initialize"');
      const headers = isOpening ? session : {};
      if (manner !== "stream") return new Response(answers.at(-1) ?? "", { headers: { ...headers, "content-type": "application/json" } });
      return new Response(eventsOf(answers), { headers: { ...headers, "content-type": "text/event-stream" } });
    },
  });
  return { url: `http://127.0.0.1:${server.port}/mcp`, stop: () => server.stop(true) };
}

function eventsOf(answers: readonly string[]): string {
  return answers.map((answer) => `event: message\ndata: ${answer}\n\n`).join("");
}

const STATUS: Readonly<Record<number, number>> = { [-32601]: 404, [-32020]: 400, [-32021]: 400 };

/** What is said before an answer takes a stream, and an error a status of its own. */
function modernResponse(answers: readonly string[], streams: boolean): Response {
  const answer = answers.at(-1) ?? "";
  const { error } = JSON.parse(answer) as { readonly error?: { readonly code: number } };
  const status = STATUS[error?.code ?? 0] ?? 200;
  if (status === 200 && (streams || answers.length > 1)) {
    return new Response(eventsOf(answers), { headers: { "content-type": "text/event-stream" } });
  }
  return new Response(answer, { status, headers: { "content-type": "application/json" } });
}

/** The refusal of a request whose headers say something else than it does itself. */
function mismatch(headers: Headers, text: string): readonly string[] | undefined {
  const { id, method, params = {} } = JSON.parse(text) as ModernRequest;
  const { name, uri, arguments: args } = params;
  const wanted = {
    "mcp-method": method,
    "mcp-protocol-version": "2026-07-28",
    "mcp-name": method === "tools/call" || method === "prompts/get" ? name : method === "resources/read" ? uri : undefined,
    "mcp-param-region": name === "with_header" ? args?.region : undefined,
  };
  const wrong = Object.entries(wanted).find(([header, value]) => decoded(headers.get(header)) !== value)?.[0];
  if (wrong === undefined) return undefined;
  return [JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32020, message: `${wrong} is not what the request says` } })];
}

interface ModernRequest {
  readonly id: unknown;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly uri?: string; readonly arguments?: { readonly region?: string } };
}

function decoded(header: string | null): string | undefined {
  const encoded = header === null ? undefined : /^=\?base64\?(.*)\?=$/.exec(header)?.[1];
  return encoded === undefined ? (header ?? undefined) : Buffer.from(encoded, "base64").toString();
}
