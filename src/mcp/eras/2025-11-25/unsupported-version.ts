import { LEGACY_BAD_REQUEST } from "../../json-rpc.ts";
import { LEGACY_REVISIONS } from "./revisions.ts";

/**
 * The error, with HTTP 400, for a legacy request under a revision that is none of the era's.
 *
 * Not -32022 (UnsupportedProtocolVersion): only modern servers know that code, so a client that probes would take the
 * endpoint for one without the legacy era. -32000 is what legacy SDK servers answer.
 */
export function unsupportedVersion(requested: string): { code: number; message: string } {
  return {
    code: LEGACY_BAD_REQUEST,
    message: `Unsupported protocol version: ${requested} (supported versions: ${LEGACY_REVISIONS.join(", ")})`,
  };
}
