import { isLegacyRevision } from "../../mcp/eras/2025-11-25/revisions.ts";
import { unsupportedVersion } from "../../mcp/eras/2025-11-25/unsupported-version.ts";
import { type Refusal, refuseRpc } from "../refusal.ts";

/** 400 where a request in a session names a revision that has none. */
export function refuseVersion(version: string | null, idText: string): Refusal | undefined {
  if (version === null || isLegacyRevision(version)) return undefined;
  const error = unsupportedVersion(version.slice(0, 32));
  return refuseRpc(error.code, error.message, idText);
}
