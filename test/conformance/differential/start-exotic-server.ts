import { answersTo } from "./exotic-answers.ts";

/** How a server at a URL says what it has to say. */
export type Manner =
  /** One JSON message, in a session. */
  | "json"
  /** A stream of events, in a session. */
  | "stream"
  /** One JSON message, and no sessions. */
  | "sessionless";

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
      const answers = answersTo(text);
      if (answers.length === 0) return new Response(null, { status: 202 });
      const session: Record<string, string> = manner === "sessionless" ? {} : { "mcp-session-id": crypto.randomUUID() };
      const isOpening = text.includes('"method":"initialize"');
      const headers = isOpening ? session : {};
      if (manner !== "stream") return new Response(answers.at(-1) ?? "", { headers: { ...headers, "content-type": "application/json" } });
      const events = answers.map((answer) => `event: message\ndata: ${answer}\n\n`).join("");
      return new Response(events, { headers: { ...headers, "content-type": "text/event-stream" } });
    },
  });
  return { url: `http://127.0.0.1:${server.port}/mcp`, stop: () => server.stop(true) };
}
