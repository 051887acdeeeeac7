import type { Envelope } from "./envelope.ts";

/** The two wire eras: with a handshake and sessions, or with everything in each request. */
export type Era = "legacy" | "modern";

/** Where a modern request says its revision. */
export const MODERN_VERSION_KEY = "io.modelcontextprotocol/protocolVersion";

/**
 * The era of a message, told by its body alone: legacy clients may send modern headers.
 * Responses, and whatever makes no claim, are legacy.
 */
export function classifyEra(message: Envelope): Era {
  if (message.kind === "response") return "legacy";
  const meta = message.params._meta;
  const claims = typeof meta === "object" && meta !== null && MODERN_VERSION_KEY in meta;
  return claims && message.method !== "initialize" ? "modern" : "legacy";
}
