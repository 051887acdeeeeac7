import type { ApiClient } from "../../api/api-client.ts";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import { claimsKind } from "../../core/credential.ts";

/** What the credential of `client` opens, as mcpd tells its bearer; undefined for one that opens nothing. Throws what a call throws. */
export async function introspectAtMcpd(client: ApiClient, credential: string): Promise<Grant | undefined> {
  try {
    return claimsKind("token", credential) ? await introspectToken(client) : await whoAmI(client);
  } catch (thrown) {
    if (thrown instanceof AppError && (thrown.code === "unauthenticated" || thrown.code === "denied")) return undefined;
    throw thrown;
  }
}

async function introspectToken(client: ApiClient): Promise<Grant | undefined> {
  const { active, principal, roleBindings, expiresAt } = await client.call(ENDPOINTS.mcptokens.introspect, {});
  if (!active || principal === null) return undefined;
  const bindings = roleBindings.map((binding) => ({ binding, source: "mcpd" }));
  // Every token carries these two; mcpd judges again what it carries out.
  return { principal, bindings, scopes: ["mcp:read", "mcp:call"], ...(expiresAt === null ? {} : { expiresAt }) };
}

async function whoAmI(client: ApiClient): Promise<Grant> {
  const { principal, bindings, scopes, expiresAt } = await client.call(ENDPOINTS.auth.whoami, {});
  return { principal, bindings, scopes, ...(expiresAt === null ? {} : { expiresAt }) };
}
