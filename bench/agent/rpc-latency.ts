import type { Figure } from "../access/measure.ts";
import type { AgentProgram } from "./agent-program.ts";
import { quantile } from "./quantile.ts";

/** How long list and status take over gRPC and TLS on one connection, one call after the other. `where` says of what node. */
export async function rpcLatency({ client }: AgentProgram, where: string, service: string, calls: number): Promise<Figure[]> {
  const asks: readonly (readonly [what: string, ask: () => Promise<unknown>])[] = [
    ["list (registry)", () => client.call((rpc, options) => rpc.listServices({}, options))],
    ["list of one service (registry)", () => client.call((rpc, options) => rpc.listServices({ serviceName: service }, options))],
    ["live check (engine asked)", () => client.call((rpc, options) => rpc.liveCheck({}, options))],
    ["live check of one service", () => client.call((rpc, options) => rpc.liveCheck({ serviceName: service }, options))],
    ["status of one service", () => client.call((rpc, options) => rpc.getServiceStatus({ serviceName: service }, options))],
    ["status of the node", () => client.call((rpc, options) => rpc.nodeStatus({}, options))],
  ];
  const figures: Figure[] = [];
  for (const [what, ask] of asks) {
    await ask();
    const times: number[] = [];
    for (let call = 0; call < calls; call += 1) {
      const start = performance.now();
      await ask();
      times.push(performance.now() - start);
    }
    for (const part of [0.5, 0.99])
      figures.push({ what: `${what}, gRPC, ${where}, p${part * 100}`, rounds: [quantile(times, part)], unit: "ms" });
  }
  return figures;
}
