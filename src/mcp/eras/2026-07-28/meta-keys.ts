import { CLIENT_CAPABILITIES_KEY, MODERN_VERSION_KEY } from "../../classify.ts";

export const MODERN_REVISION = "2026-07-28";

/** What stands in the `_meta` of modern messages in the protocol's own name (2026-07-28, "Base protocol", `_meta`). */
export const META = {
  version: MODERN_VERSION_KEY,
  clientCapabilities: CLIENT_CAPABILITIES_KEY,
  clientInfo: "io.modelcontextprotocol/clientInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
} as const;

/** With which all of them begin, and those of later revisions. */
export const META_PREFIX = "io.modelcontextprotocol/";
