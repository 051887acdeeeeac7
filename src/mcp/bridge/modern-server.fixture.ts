/** A server of the modern era alone, made with the official SDK, for tests. It is strict about the headers that repeat the body. */
import { createMcpHandler, fromJsonSchema, inputRequired, McpServer } from "@modelcontextprotocol/server";

export interface ModernRequest {
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a message is looked at by what a test expects of it.
  readonly message: any;
}

export interface ModernServer {
  /** Where any path is the endpoint. */
  readonly base: string;
  readonly requests: readonly ModernRequest[];
  /** Those of one method. */
  of(method: string): readonly ModernRequest[];
  /** Calls that are under way, and those whose client went away. */
  readonly open: number;
  readonly abandoned: number;
  toolsChanged(): void;
  /** Ends all exchanges, subscriptions gracefully. */
  end(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const REGION = { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } };

export function startModernServer(): ModernServer {
  const requests: ModernRequest[] = [];
  const calls = { open: 0, abandoned: 0 };
  const handler = createMcpHandler(() => modernServer(calls), { legacy: "reject", keepAliveMs: 0 });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const text = request.method === "POST" ? await request.clone().text() : "{}";
      requests.push({ headers: request.headers, message: JSON.parse(text) });
      return handler.fetch(request);
    },
  });
  return {
    base: `http://127.0.0.1:${server.port}`,
    requests,
    of: (method) => requests.filter(({ message }) => message.method === method),
    get open() {
      return calls.open;
    },
    get abandoned() {
      return calls.abandoned;
    },
    toolsChanged: () => handler.notify.toolsChanged(),
    end: () => handler.close(),
    async [Symbol.asyncDispose]() {
      await handler.close();
      await server.stop(true);
    },
  };
}

function modernServer(calls: { open: number; abandoned: number }): McpServer {
  const server = new McpServer({ name: "modern", version: "1" }, { capabilities: { tools: { listChanged: true }, prompts: {} } });
  const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
  server.registerTool("where", { inputSchema: fromJsonSchema(REGION) }, (args) => text(JSON.stringify(args)));
  server.registerTool("counts", {}, async (context) => {
    const progressToken = context.mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      await context.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress: 1, total: 2 } });
    }
    return text("counted");
  });
  server.registerTool("hangs", {}, async (context) => {
    calls.open += 1;
    await new Promise<void>((resolve) => context.mcpReq.signal.addEventListener("abort", () => resolve()));
    calls.open -= 1;
    calls.abandoned += 1;
    return text("late");
  });
  server.registerTool("asks", {}, (context) => {
    const answer = context.mcpReq.inputResponses?.name;
    if (answer !== undefined) return text(JSON.stringify(answer));
    const requestedSchema = { type: "object" as const, properties: { name: { type: "string" as const } } };
    return inputRequired({ inputRequests: { name: inputRequired.elicit({ message: "who?", requestedSchema }) } });
  });
  server.registerPrompt("größe", {}, () => ({ messages: [{ role: "user", content: { type: "text", text: "how big?" } }] }));
  return server;
}
