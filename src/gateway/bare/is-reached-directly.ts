import type { Backing } from "../../api/server-definition.ts";
import { literalAddress } from "../../core/address-guard.ts";

/**
 * Whether a bare gateway calls this server itself: one at a public URL that takes no headers. Any other is mcpd's: it
 * has what is secret, and its network is the one that private addresses are meant in.
 */
export function isReachedDirectly(backing: Backing): boolean {
  if (backing.kind !== "url") return false;
  const { url, headers = {}, secretHeaders = {}, allowAddresses = [] } = backing;
  const plain = Object.keys(headers).length === 0 && Object.keys(secretHeaders).length === 0;
  return plain && allowAddresses.length === 0 && literalAddress(new URL(url).hostname) === undefined;
}
