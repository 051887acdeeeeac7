import { BIG_1_MIB, BIG_64_KIB, ECHO_200 } from "../load/tool-call.ts";
import type { BenchOptions } from "../options.ts";
import { projectTarget, serverTarget, startGateway } from "../targets/start-gateway.ts";
import { startNginx } from "../targets/start-nginx.ts";
import { startUpstream } from "../targets/start-upstream.ts";
import type { Group } from "./group.ts";

/** An HTTP upstream: called directly, through nginx, through the gateway. */
export function httpGroup({ quick, rounds, seconds }: BenchOptions): Group {
  const common = { upstream: "HTTP" as const, rounds, seconds, warmUpSeconds: quick ? 0 : 8 };
  const echo = { ...common, call: ECHO_200, connections: quick ? [1, 16] : [1, 16, 32] };
  const big = [BIG_64_KIB, BIG_1_MIB].map((call) => ({ ...common, call, connections: [4], warmUpSeconds: 1 }));
  return {
    name: "HTTP",
    series: quick ? [echo] : [echo, ...big],
    async start(context, attempt) {
      const direct = await attempt("direct", () => startUpstream(context));
      if (direct === undefined) return [];
      const nginx = await attempt("nginx", () => startNginx(context, direct));
      const gateway = await attempt("gateway", () => startGateway(context, { http: { kind: "url", url: direct.url } }));
      const routes = gateway === undefined ? [] : [projectTarget(gateway, "http"), ...(quick ? [] : [serverTarget(gateway, "http")])];
      return [direct, nginx, ...routes].filter((target) => target !== undefined);
    },
  };
}
