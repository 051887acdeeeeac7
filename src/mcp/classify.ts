import { isJsonObject } from "./client/json-object.ts";
import type { Batch, Envelope } from "./envelope.ts";

/** The two wire eras: with a handshake and sessions, or with everything in each request. */
export type Era = "legacy" | "modern";

/** Where a modern request says its revision. */
export const MODERN_VERSION_KEY = "io.modelcontextprotocol/protocolVersion";

/** Where it says what the client offers, which it must. */
export const CLIENT_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities";

/** Revisions of the modern era, newest first. */
export const MODERN_REVISIONS: readonly string[] = ["2026-07-28"];

/**
 * The era of what was posted, told by its body: legacy clients may send modern headers such as `Mcp-Method`.
 *
 * What claims a revision in `_meta` is modern. A response, and whatever claims nothing, are legacy, unless the header
 * `MCP-Protocol-Version` names a modern revision: then a claim is missing, which its era answers for. `initialize` is
 * legacy whatever comes with it, but for all that a modern request says of itself: that era has no such method.
 */
export function classifyEra(message: Envelope | Batch, versionHeader: string | null = null): Era {
  if (message.kind === "batch") return message.items.some((item) => item.kind !== "invalid" && claims(item)) ? "modern" : "legacy";
  if (message.kind === "response") return "legacy";
  if (message.method === "initialize") return isWholeClaim(message.params._meta) ? "modern" : "legacy";
  return claims(message) || isModernRevision(versionHeader) ? "modern" : "legacy";
}

export function isModernRevision(version: unknown): boolean {
  return typeof version === "string" && MODERN_REVISIONS.includes(version);
}

function isWholeClaim(meta: unknown): boolean {
  return isJsonObject(meta) && isModernRevision(meta[MODERN_VERSION_KEY]) && isJsonObject(meta[CLIENT_CAPABILITIES_KEY]);
}

function claims(message: Envelope): boolean {
  return message.kind !== "response" && isJsonObject(message.params._meta) && MODERN_VERSION_KEY in message.params._meta;
}
