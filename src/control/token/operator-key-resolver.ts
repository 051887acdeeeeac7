import { SCOPES } from "../../core/caller.ts";
import { claimsKind } from "../../core/credential.ts";
import { hashToken, timingSafeEqualHex } from "../../core/mcp-token.ts";
import { ALL_BINDINGS } from "../../core/permission.ts";
import type { CredentialResolver } from "../access/credential-resolver.ts";

/**
 * The key with which commands on the same machine reach this instance: made at each start, valid while it runs, and
 * known here by its hash alone. It opens everything.
 */
export function operatorKeyResolver(keyHash: string): CredentialResolver {
  const bindings = ALL_BINDINGS.map((binding) => ({ binding, source: "operator key" }));
  return {
    takes: (credential) => claimsKind("operator", credential),
    async resolve(credential) {
      if (!timingSafeEqualHex(hashToken(credential), keyHash)) return undefined;
      return { principal: { kind: "system", id: "system" }, bindings, scopes: [...SCOPES] };
    },
  };
}
