import type { Upstream } from "./upstream.ts";
import { upstreamUnavailable } from "./upstream-errors.ts";

/** A server that cannot be connected to by its definition: it says why to whoever calls it. */
export function unconnectedUpstream(handle: string, reason: string, cause = "UPSTREAM_UNAVAILABLE"): Upstream {
  const refuse = async () => {
    throw upstreamUnavailable(handle, reason);
  };
  return {
    start: () => {},
    ready: refuse,
    request: refuse,
    notify: () => {},
    subscribe: refuse,
    unsubscribe: () => {},
    keepsPeers: () => false,
    status: () => ({ state: "failed", reason, cause }),
    close: async () => {},
  };
}
