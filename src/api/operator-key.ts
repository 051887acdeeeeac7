/**
 * The key with which commands on the same machine reach a running instance: made at each start, written to a
 * file in the data folder that only its owner can read, valid while that instance runs.
 */
export const OPERATOR_KEY_PREFIX = "mcpctl_op_";

export function isOperatorKey(credential: string): boolean {
  return credential.startsWith(OPERATOR_KEY_PREFIX);
}
