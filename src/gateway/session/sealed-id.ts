import { isLegacyRevision } from "../../mcp/eras/2025-11-25/revisions.ts";
import type { SessionClaims } from "./live-session.ts";
import { type Keyring, SEALED, seal, unseal } from "./seal.ts";

export type { Keyring, SealingKey } from "./seal.ts";

/** A header of this length passes every proxy; what a client says of itself is cut so that ours are shorter. */
export const MAX_ID_LENGTH = 1024;

/** Seals claims into a session id. */
export function sealSession(keyring: Keyring, claims: SessionClaims): string {
  return seal(keyring, SEALED.session, JSON.stringify(claims));
}

/** The claims of a session id of ours; undefined for anything else. */
export function openSession(keyring: Keyring, sealed: string): SessionClaims | undefined {
  if (sealed.length > MAX_ID_LENGTH) return undefined;
  const text = unseal(keyring, SEALED.session, sealed);
  return text === undefined ? undefined : claimsOf(JSON.parse(text));
}

function claimsOf(value: SessionClaims): SessionClaims | undefined {
  return isLegacyRevision(value.revision) && typeof value.id === "string" ? value : undefined;
}
