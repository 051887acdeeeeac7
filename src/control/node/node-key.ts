import { createHmac } from "node:crypto";
import { CREDENTIAL_PREFIX } from "../../core/credential.ts";
import { timingSafeEqualHex } from "../../core/mcp-token.ts";

/** What gateways present to the agent of one node to reach its components, and nothing else opens with it. */
export function nodeKeyOf(key: Uint8Array, nodeId: string): string {
  return `${CREDENTIAL_PREFIX.node}${nodeId}.${macOf(key, nodeId)}`;
}

/** The id of the node that a node's key is for; undefined for one that this installation has not made. */
export function nodeIdOfKey(key: Uint8Array, raw: string): string | undefined {
  const [, id, mac] = SHAPE.exec(raw) ?? [];
  if (id === undefined || mac === undefined) return undefined;
  return timingSafeEqualHex(mac, macOf(key, id)) ? id : undefined;
}

const SHAPE = /^mcpctl_node_(nod_[0-9A-Za-z]{22})\.([0-9a-f]{64})$/;

function macOf(key: Uint8Array, nodeId: string): string {
  return createHmac("sha256", key).update(nodeId).digest("hex");
}
