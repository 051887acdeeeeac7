import { AppError } from "../../core/app-error.ts";
import { VERSION } from "../../core/version.ts";
import { NEWEST_LEGACY } from "../../mcp/eras/2025-11-25/revisions.ts";
import { MODERN_REVISION } from "../../mcp/eras/2026-07-28/meta-keys.ts";
import type { Peer } from "./peer.ts";
import { refusalSaid, type Shown } from "./refusal-said.ts";
import type { InitializeResult } from "./upstream.ts";

/** Who the gateway says it is. */
export const GATEWAY_INFO = { name: "mcpctl", version: VERSION } as const;

/**
 * The params with which a client is introduced to a server, in a session of its own, or the gateway itself. The gateway
 * offers no client capabilities: a process that many clients share has nobody to ask.
 */
export function initializeParams(peer: Peer | undefined): string {
  const { capabilities = {}, clientInfo = GATEWAY_INFO } = peer ?? {};
  return JSON.stringify({ protocolVersion: NEWEST_LEGACY, capabilities, clientInfo });
}

/** Checks what a server answered to `initialize`. Throws `internal`/`UPSTREAM_BROKEN`. */
export function parseInitializeResult(handle: string, message: unknown, shown: Shown): InitializeResult {
  const result = field(message, "result");
  const protocolVersion = field(result, "protocolVersion");
  if (typeof protocolVersion !== "string") {
    const said = refusalSaid(message, shown);
    throw new AppError("internal", "UPSTREAM_BROKEN", `Server ${handle} did not accept initialize${said}`);
  }
  // A revision without a handshake cannot come of one.
  if (isModernRevision(protocolVersion)) {
    throw new AppError(
      "internal",
      "UPSTREAM_BROKEN",
      `Server ${handle} answered initialize in the revision ${protocolVersion}, which has none`,
    );
  }
  const instructions = field(result, "instructions");
  return {
    protocolVersion,
    capabilities: objectOf(field(result, "capabilities")),
    serverInfo: objectOf(field(result, "serverInfo")),
    ...(typeof instructions === "string" ? { instructions } : {}),
  };
}

function isModernRevision(version: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= MODERN_REVISION;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
