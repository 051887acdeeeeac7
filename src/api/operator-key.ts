import { CREDENTIAL_PREFIX, claimsKind } from "../core/credential.ts";

/**
 * The key with which commands on the same machine reach a running instance: made at each start, written to a
 * file in the data folder that only its owner can read, valid while that instance runs.
 */
export const OPERATOR_KEY_PREFIX = CREDENTIAL_PREFIX.operator;

export function isOperatorKey(credential: string): boolean {
  return claimsKind("operator", credential);
}
