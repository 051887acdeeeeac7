import { acceptedContent, fromJsonSchema, inputRequired, McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";

const text = (value: unknown) => ({ content: [{ type: "text" as const, text: JSON.stringify(value) }] });
const REGION = { type: "string", "x-mcp-header": "Region" };

/** A server made with the SDK of both eras that asks by its answers, logs, tells, and lists tools with headers. */
export function sdkV2Server(): McpServer {
  const server = new McpServer(
    { name: "sdk-v2", version: "2.4" },
    {
      capabilities: { logging: {}, resources: { subscribe: true, listChanged: true }, tools: { listChanged: true } },
      instructions: "Ask me",
    },
  );
  server.registerTool("echo", { inputSchema: z.looseObject({}) }, (args, ctx) => text({ args, meta: ctx.mcpReq.envelope ?? null }));
  server.registerTool("list", { outputSchema: z.array(z.number()) }, () => ({ content: [], structuredContent: [1, 2] }));
  server.registerTool("region", { inputSchema: fromJsonSchema({ type: "object", properties: { region: REGION } }) }, (args) => text(args));
  server.registerTool("elicit", {}, (ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, "who", z.looseObject({ name: z.string() }));
    if (answer !== undefined) return text({ answer, state: ctx.mcpReq.requestState() });
    const who = inputRequired.elicit({ message: "who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } });
    return inputRequired({ inputRequests: { who }, requestState: "état-1/+=" });
  });
  server.registerTool("three", {}, (ctx) => {
    const responses = ctx.mcpReq.inputResponses;
    if (responses !== undefined) return text(responses);
    const messages = [{ role: "user" as const, content: { type: "text" as const, text: "hi" } }];
    const sample = inputRequired.createMessage({ messages, maxTokens: 1 });
    const url = inputRequired.elicitUrl({ message: "go", url: "https://example.com/" });
    return inputRequired({ inputRequests: { roots: inputRequired.listRoots(), sample, url } });
  });
  server.registerTool("again", { inputSchema: z.object({ rounds: z.number() }) }, ({ rounds }, ctx) => {
    const round = Number(ctx.mcpReq.requestState() ?? "0");
    return round >= rounds ? text({ round }) : inputRequired({ requestState: String(round + 1) });
  });
  server.registerTool("log", {}, async (ctx) => {
    for (const level of ["debug", "error"] as const) await ctx.mcpReq.log(level, `a ${level}`);
    return text("logged");
  });
  server.registerTool("progress", {}, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken ?? "none";
    for (const progress of [1, 2]) await ctx.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress } });
    return text(ctx.mcpReq._meta?.progressToken ?? null);
  });
  server.registerTool("wait", {}, (ctx) => new Promise((_, reject) => ctx.mcpReq.signal.addEventListener("abort", reject)));
  server.registerResource("one", "test://one", {}, () => ({ contents: [{ uri: "test://one", text: "1" }] }));
  return server;
}
