import { LEGACY_BAD_REQUEST } from "../../json-rpc.ts";
import { LEGACY_REVISIONS } from "../2025-11-25/revisions.ts";

/**
 * How an endpoint without the modern era answers a modern request, as the error of HTTP 400.
 *
 * Not -32022 (UnsupportedProtocolVersion): only modern servers know that code, so a client that
 * probes would take it for one. -32000 is what legacy SDK servers answer, and clients fall back to `initialize`.
 */
export function refuseModern(requested: string): { code: number; message: string } {
  return {
    code: LEGACY_BAD_REQUEST,
    message: `Unsupported protocol version: ${requested} (supported versions: ${LEGACY_REVISIONS.join(", ")})`,
  };
}
