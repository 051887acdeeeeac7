import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";

/** What a test server was told and is asked for. */
export interface SdkV1Server {
  readonly server: McpServer;
  /** The URIs that its client has subscribed to. */
  readonly subscribed: Set<string>;
  /** Methods of the notifications that came. */
  readonly notified: string[];
}

const text = (value: unknown) => ({ content: [{ type: "text" as const, text: JSON.stringify(value) }] });

/** A server made with the SDK of the legacy revisions, for one client, that asks, logs and tells all that a server may. */
export function sdkV1Server(): SdkV1Server {
  const server = new McpServer(
    { name: "sdk-v1", version: "1.32" },
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } } },
  );
  const subscribed = new Set<string>();
  const notified: string[] = [];
  let wanted: string | undefined;
  const elicit = {
    method: "elicitation/create",
    params: { message: "who?", requestedSchema: { type: "object", properties: {} } },
  } as const;
  const sample = {
    method: "sampling/createMessage" as const,
    params: { messages: [{ role: "user" as const, content: { type: "text" as const, text: "hi" } }], maxTokens: 1 },
  };
  server.registerTool("elicit", {}, async (extra) => text(await extra.sendRequest(elicit, ElicitResultSchema)));
  // Not in the call's own stream: as most servers ask.
  server.registerTool("elicit-apart", {}, async () => {
    void server.server.sendLoggingMessage({ level: "error", data: "asking" });
    return text(await server.server.elicitInput(elicit.params));
  });
  server.registerTool("sample", {}, async (extra) => text(await extra.sendRequest(sample, CreateMessageResultSchema)));
  server.registerTool("roots", {}, async (extra) => text(await extra.sendRequest({ method: "roots/list" }, ListRootsResultSchema)));
  server.registerTool("client", {}, () => text({ is: server.server.getClientVersion(), offers: server.server.getClientCapabilities() }));
  server.registerTool("give-up", {}, async (extra) => {
    const asking = new AbortController();
    const asked = extra.sendRequest(elicit, ElicitResultSchema, { signal: asking.signal }).catch(() => "given up");
    setTimeout(() => asking.abort("given up"), 5);
    return text(await asked);
  });
  server.registerTool("log", { inputSchema: { words: z.array(z.string()) } }, async ({ words }, extra) => {
    const levels = wanted === "debug" ? (["debug", "warning"] as const) : (["warning"] as const);
    for (const level of levels) {
      for (const data of words) await extra.sendNotification({ method: "notifications/message", params: { level, data } });
    }
    return text("logged");
  });
  server.registerTool("poll", { inputSchema: { ms: z.number() } }, async ({ ms }, extra) => {
    extra.closeSSEStream?.();
    await Bun.sleep(ms);
    return text("polled");
  });
  server.registerTool("wait", {}, (extra) => new Promise((_, reject) => extra.signal.addEventListener("abort", reject)));
  // Outside of any call: what comes goes to the stream of the session.
  server.registerTool("later", { inputSchema: { what: z.enum(["ask", "log", "update"]) } }, ({ what }) => {
    setImmediate(() => {
      if (what === "ask") void server.server.elicitInput(elicit.params).then((reply) => notified.push(`reply ${reply.action}`));
      if (what === "log") void server.server.sendLoggingMessage({ level: "error", data: "later" });
      if (what === "update") for (const uri of subscribed) void server.server.sendResourceUpdated({ uri });
    });
    return text("soon");
  });
  server.registerResource("one", "test://one", {}, () => ({ contents: [{ uri: "test://one", text: "1" }] }));
  server.server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    wanted = params.level;
    return {};
  });
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  server.server.fallbackNotificationHandler = async ({ method }) => {
    notified.push(method);
  };
  return { server, subscribed, notified };
}
