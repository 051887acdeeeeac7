import { META } from "../../../src/mcp/eras/2026-07-28/meta-keys.ts";

const EXTENSIONS = { "io.modelcontextprotocol/tasks": {} };
const VERSION = "2026-07-28";

interface Message {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly taskId?: string; readonly _meta?: Readonly<Record<string, unknown>> };
}

export interface TaskServer extends Disposable {
  readonly url: string;
  /** What was asked of it, with the name that the headers say. */
  readonly asked: { readonly method: string; readonly name: string | null }[];
}

/** A server of revision 2026-07-28 alone, over HTTP, that makes a task of every call whose client knows them. */
export function startTaskServer(): TaskServer {
  const asked: TaskServer["asked"] = [];
  const polls = new Map<string, number>();
  const resultOf = ({ method, params }: Message): object | undefined => {
    if (method === "server/discover") return { supportedVersions: [VERSION], capabilities: { tools: {}, extensions: EXTENSIONS } };
    if (method === "tools/list") return { tools: [{ name: "long", inputSchema: { type: "object" } }] };
    if (method === "tools/call") {
      const { extensions = {} } = (params?._meta?.[META.clientCapabilities] ?? {}) as { extensions?: object };
      if (!("io.modelcontextprotocol/tasks" in extensions)) return { content: [{ type: "text", text: "at once" }] };
      const taskId = crypto.randomUUID();
      polls.set(taskId, 0);
      return { resultType: "task", ...taskOf(taskId, "working") };
    }
    const taskId = params?.taskId ?? "";
    const poll = (polls.get(taskId) ?? Number.NaN) + 1;
    if (method !== "tasks/get" || Number.isNaN(poll)) return undefined;
    polls.set(taskId, poll);
    if (poll === 1) return taskOf(taskId, "working");
    return { ...taskOf(taskId, "completed"), result: { resultType: "complete", content: [{ type: "text", text: "in the end" }] } };
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const message = (await request.json()) as Message;
      asked.push({ method: message.method, name: request.headers.get("mcp-name") });
      const { id } = message;
      if (id === undefined) return new Response(null, { status: 202 });
      const result = resultOf(message);
      if (result === undefined)
        return Response.json({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } }, { status: 404 });
      const _meta = { [META.serverInfo]: { name: "tasks", version: "1" } };
      return Response.json({ jsonrpc: "2.0", id, result: { resultType: "complete", _meta, ...result } });
    },
  });
  return { url: `http://127.0.0.1:${server.port}/mcp`, asked, [Symbol.dispose]: () => void server.stop(true) };
}

function taskOf(taskId: string, status: string): object {
  const at = "2026-06-01T10:00:00Z";
  return { taskId, status, createdAt: at, lastUpdatedAt: at, ttlMs: null };
}
