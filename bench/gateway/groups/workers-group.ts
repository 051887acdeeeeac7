import { ECHO_200 } from "../load/tool-call.ts";
import type { BenchOptions } from "../options.ts";
import { startGateway } from "../targets/start-gateway.ts";
import { startUpstream } from "../targets/start-upstream.ts";
import { startWorkers } from "../targets/start-workers.ts";
import type { Group } from "./group.ts";

/** As many workers as there are processes to compare with one: the load generator and the upstream want cores too. */
const WORKERS = [1, 2] as const;

/** A gateway apart from mcpd, in one process and in two that share its port. */
export function workersGroup({ rounds, seconds }: BenchOptions): Group {
  return {
    name: "workers",
    series: [{ upstream: "workers", call: ECHO_200, connections: [32], rounds, seconds, warmUpSeconds: 8 }],
    async start(context, attempt) {
      const upstream = await attempt("their server", () => startUpstream(context));
      if (upstream === undefined) return [];
      const mcpd = await attempt("mcpd", () => startGateway(context, { http: { kind: "url", url: upstream.url } }, "workers"));
      if (mcpd === undefined) return [];
      const targets = [];
      for (const workers of WORKERS) {
        targets.push(await attempt(`${workers} of its workers`, () => startWorkers(context, mcpd, "http", workers)));
      }
      return targets.filter((target) => target !== undefined);
    },
  };
}
