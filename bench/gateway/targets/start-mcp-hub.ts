import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../machine/child-process.ts";
import { freePort } from "../machine/free-port.ts";
import { waitForStart } from "../machine/wait-for-start.ts";
import { PEERS } from "./install-peers.ts";
import type { TargetContext } from "./target.ts";

export interface McpHub {
  /** Where its endpoint for clients is: HTTP+SSE, the older transport. */
  readonly url: string;
  readonly pid: number;
}

/** Starts mcp-hub before these servers, and waits until it is connected to all of them. */
export async function startMcpHub(context: TargetContext, servers: Readonly<Record<string, string>>): Promise<McpHub> {
  const port = freePort();
  const config = join(context.scratch, "mcp-hub.json");
  const mcpServers = Object.fromEntries(Object.entries(servers).map(([name, url]) => [name, { url }]));
  writeFileSync(config, JSON.stringify({ mcpServers }));
  const cli = join(context.root, PEERS, "node_modules/mcp-hub/dist/cli.js");
  const env = { PATH: process.env.PATH, HOME: context.scratch, NODE_ENV: "production" };
  const argv = ["node", cli, "--port", String(port), "--config", config];
  const child = startChild(argv, { logFile: join(context.scratch, "mcp-hub.log"), core: context.proxyCore, env });
  context.release(child.stop);
  const base = `http://127.0.0.1:${port}`;
  await waitForStart("mcp-hub", child, () => areConnected(`${base}/api/health`), context.signal);
  return { url: `${base}/mcp`, pid: child.pid };
}

async function areConnected(url: string): Promise<boolean> {
  const reply = await fetch(url).catch(() => undefined);
  if (reply?.ok !== true) return false;
  const { state, servers } = (await reply.json()) as { state: string; servers: readonly { status: string }[] };
  return state === "ready" && servers.every(({ status }) => status === "connected");
}
