import type { Logger } from "pino";
import type { BareGatewayDeps } from "../gateway/bare/bare-gateway.ts";
import { mcpdRefusal } from "../gateway/bare/mcpd-refusal.ts";
import { HTTP_LIMITS, type HttpUpstreamOptions, httpUpstream } from "../gateway/upstream/http/http-upstream.ts";
import { unconnectedUpstream } from "../gateway/upstream/unconnected-upstream.ts";
import type { Observability } from "./observability.ts";

/** mcpd comes back sooner than a stranger's server, and who waits for it are our own callers. */
const TO_MCPD = { ...HTTP_LIMITS, reconnect: { firstMs: 200, maxMs: 5000 } };

/** Who operates the gateway has named mcpd: it may be anywhere. */
const ANYWHERE = ["0.0.0.0/0", "::/0"];

/** Makes the connections of a bare gateway: to servers at public URLs, and to those that mcpd runs. */
export function connectBare(log: Logger, traced: Observability["traced"]): Pick<BareGatewayDeps, "connectDirectly" | "connectThroughMcpd"> {
  const lost = (server: string) => (reason: string) => log.warn({ server, reason }, "server lost; connecting again");
  const connect = (options: Omit<HttpUpstreamOptions, "onLost">) =>
    traced(httpUpstream({ ...options, onLost: lost(options.handle) }), { handle: options.handle, inMeta: options.transport === "sse" });
  return {
    connectDirectly({ handle, backing, policy }, events) {
      if (backing.kind !== "url") return unconnectedUpstream(handle, "it is not at a URL");
      const spoken = { era: policy.era, transport: backing.transport };
      return connect({ handle, url: backing.url, ...spoken, allowLoopback: false, events, limits: HTTP_LIMITS });
    },
    connectThroughMcpd({ handle, url, bearer }, events) {
      const headers = { authorization: `Bearer ${bearer}` };
      return connect({
        handle,
        url,
        headers,
        allowAddresses: ANYWHERE,
        allowLoopback: true,
        transport: "streamable-http",
        refusalOf: mcpdRefusal,
        events,
        limits: TO_MCPD,
      });
    },
  };
}
