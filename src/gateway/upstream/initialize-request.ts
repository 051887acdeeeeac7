import { AppError } from "../../core/app-error.ts";
import { VERSION } from "../../core/version.ts";
import { NEWEST_LEGACY } from "../../mcp/eras/2025-11-25/revisions.ts";
import type { InitializeResult } from "./upstream.ts";

/**
 * The params with which the gateway introduces itself to a server. It offers no client
 * capabilities: a process that many clients share has nobody to ask.
 */
export const INITIALIZE_PARAMS = JSON.stringify({
  protocolVersion: NEWEST_LEGACY,
  capabilities: {},
  clientInfo: { name: "mcpctl", version: VERSION },
});

/** Checks what a server answered to `initialize`. Throws `internal`/`UPSTREAM_BROKEN`. */
export function parseInitializeResult(handle: string, message: unknown): InitializeResult {
  const result = field(message, "result");
  const protocolVersion = field(result, "protocolVersion");
  if (typeof protocolVersion !== "string") {
    const error = field(field(message, "error"), "message");
    const said = typeof error === "string" ? `: ${error.slice(0, 200)}` : "";
    throw new AppError("internal", "UPSTREAM_BROKEN", `Server ${handle} did not accept initialize${said}`);
  }
  const instructions = field(result, "instructions");
  return {
    protocolVersion,
    capabilities: objectOf(field(result, "capabilities")),
    serverInfo: objectOf(field(result, "serverInfo")),
    ...(typeof instructions === "string" ? { instructions } : {}),
  };
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
