import { join } from "node:path";
import { startChild } from "../machine/child-process.ts";
import { acceptsConnections, freePort } from "../machine/free-port.ts";
import { waitForStart } from "../machine/wait-for-start.ts";
import { PEERS } from "./install-peers.ts";
import { STDIO_FIXTURE, type Target, type TargetContext } from "./target.ts";

/** A published stdio-to-HTTP proxy and the fastest fair way to run it: one child that outlives a request. */
export interface Peer {
  readonly name: string;
  readonly how: string;
  /** The arguments of `node`. */
  readonly argv: (settings: { modules: string; port: number; child: readonly [string, string] }) => readonly string[];
}

export const MCP_PROXY: Peer = {
  name: "mcp-proxy",
  how: "--server stream --no-eventStore --no-modern (its fastest here), one session, on Node",
  argv: ({ modules, port, child }) => [
    join(modules, "mcp-proxy/dist/bin/mcp-proxy.mjs"),
    ...["--host", "127.0.0.1", "--port", String(port), "--server", "stream", "--no-eventStore", "--no-modern", "--", ...child],
  ],
};

export const SUPERGATEWAY: Peer = {
  name: "supergateway",
  how: "--outputTransport streamableHttp --stateful --logLevel none (stateless starts a child per request), one session, on Node",
  argv: ({ modules, port, child }) => [
    join(modules, "supergateway/dist/index.js"),
    ...["--stdio", child.map(shellQuoted).join(" "), "--outputTransport", "streamableHttp", "--stateful"],
    ...["--port", String(port), "--logLevel", "none"],
  ],
};

export async function startPeer(peer: Peer, context: TargetContext): Promise<Target> {
  const port = freePort();
  const child: readonly [string, string] = [process.execPath, join(context.root, STDIO_FIXTURE)];
  const argv = ["node", ...peer.argv({ modules: join(context.root, PEERS, "node_modules"), port, child })];
  const env = { PATH: process.env.PATH, HOME: context.scratch, NODE_ENV: "production" };
  const proxy = startChild(argv, { logFile: join(context.scratch, `${peer.name}.log`), core: context.proxyCore, env });
  context.release(proxy.stop);
  await waitForStart(peer.name, proxy, () => acceptsConnections(port), context.signal);
  return {
    name: peer.name,
    how: peer.how,
    url: `http://127.0.0.1:${port}/mcp`,
    bearer: "not-looked-at",
    pid: proxy.pid,
    toolPrefix: "",
  };
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
