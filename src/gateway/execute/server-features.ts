import type { ServerHost } from "../server-host.ts";

/** Whether a server logs to each client by itself, as far as it is known. */
export function logsToPeers({ upstream, catalog }: ServerHost): boolean {
  return catalog.initialized?.capabilities.logging !== undefined && upstream.keepsPeers();
}

/** Whether a server tells of its resources that changed, as far as it is known. */
export function tellsOfResources({ catalog }: ServerHost): boolean {
  const resources = catalog.initialized?.capabilities.resources as { subscribe?: unknown } | null | undefined;
  return resources?.subscribe === true;
}
