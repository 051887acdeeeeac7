import { join } from "node:path";
import type { Backing } from "../../../src/api/server-definition.ts";
import { ECHO_200 } from "../load/tool-call.ts";
import type { BenchOptions } from "../options.ts";
import { projectTarget, startGateway } from "../targets/start-gateway.ts";
import { MCP_PROXY, type Peer, SUPERGATEWAY, startPeer } from "../targets/start-peers.ts";
import { STDIO_FIXTURE, type Target, type TargetContext } from "../targets/target.ts";
import type { Group } from "./group.ts";
import { requirePeers } from "./require-peers.ts";

/** A stdio upstream: the same child behind the gateway and behind the published proxies. */
export function stdioGroup({ quick, rounds, seconds }: BenchOptions): Group {
  return {
    name: "stdio",
    series: [{ upstream: "stdio", call: ECHO_200, connections: quick ? [16] : [1, 16], rounds, seconds, warmUpSeconds: quick ? 0 : 8 }],
    async start(context, attempt) {
      const gateway = await attempt("gateway", () => startStdioGateway(context));
      const install = once(() => requirePeers(context, quick));
      const startInstalled = (peer: Peer) => async () => {
        await install();
        return startPeer(peer, context);
      };
      const mcpProxy = await attempt(MCP_PROXY.name, startInstalled(MCP_PROXY));
      const supergateway = await attempt(SUPERGATEWAY.name, startInstalled(SUPERGATEWAY));
      return [gateway, mcpProxy, supergateway].filter((target) => target !== undefined);
    },
  };
}

async function startStdioGateway(context: TargetContext): Promise<Target> {
  const stdio: Backing = { kind: "stdio", command: process.execPath, args: [join(context.root, STDIO_FIXTURE)], env: {} };
  const gateway = await startGateway(context, { stdio });
  return projectTarget(gateway, "stdio");
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= act();
    return done;
  };
}
