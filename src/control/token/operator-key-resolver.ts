import { isOperatorKey } from "../../api/operator-key.ts";
import { SCOPES } from "../../core/caller.ts";
import { hashToken, timingSafeEqualHex } from "../../core/mcp-token.ts";
import { ALL_BINDINGS } from "../../core/permission.ts";
import type { CredentialResolver } from "../access/credential-resolver.ts";

/** The key of this instance, of which only the hash is known here, opens everything. */
export function operatorKeyResolver(keyHash: string): CredentialResolver {
  const bindings = ALL_BINDINGS.map((binding) => ({ binding, source: "operator key" }));
  return {
    takes: isOperatorKey,
    async resolve(credential) {
      if (!timingSafeEqualHex(hashToken(credential), keyHash)) return undefined;
      return { principal: { kind: "system", id: "system" }, bindings, scopes: [...SCOPES] };
    },
  };
}
