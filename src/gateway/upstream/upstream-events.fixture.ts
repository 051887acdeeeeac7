import type { UpstreamEvents } from "./upstream.ts";

/** What a test hears of an upstream; what it does not care for goes nowhere. */
export function upstreamEvents(heard: Partial<UpstreamEvents> = {}): UpstreamEvents {
  return {
    listChanged: () => {},
    resourceUpdated: () => {},
    notified: () => {},
    asked: async () => ({ errorText: '{"code":-32601,"message":"Method not found"}' }),
    ...heard,
  };
}
