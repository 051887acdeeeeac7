/** An MCP server at a URL with the one tool `count`, which remembers how often it was called with which mark. */
export interface CountingServer {
  readonly url: string;
  countOf(mark: string): number;
  stop(): void;
}

interface Asked {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly arguments?: { readonly mark?: string } };
}

const TOOL = { name: "count", inputSchema: { type: "object", properties: { mark: { type: "string" } } } };

/** On loopback, without sessions; a call of the tool is neither read-only nor safe to repeat. */
export function startCountingServer(): CountingServer {
  const counts = new Map<string, number>();
  const answerTo = ({ method, params }: Asked): object | undefined => {
    if (method === "initialize") {
      return { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "counting", version: "1" } };
    }
    if (method === "tools/list") return { tools: [TOOL] };
    if (method !== "tools/call") return undefined;
    const mark = params?.arguments?.mark ?? "";
    counts.set(mark, (counts.get(mark) ?? 0) + 1);
    return { content: [{ type: "text", text: "counted" }] };
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const asked = (await request.json()) as Asked;
      if (asked.id === undefined) return new Response(null, { status: 202 });
      const result = answerTo(asked);
      const outcome = result === undefined ? { error: { code: -32601, message: "Method not found" } } : { result };
      return Response.json({ jsonrpc: "2.0", id: asked.id, ...outcome });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/mcp`,
    countOf: (mark) => counts.get(mark) ?? 0,
    stop: () => void server.stop(true),
  };
}
