import type { AnyEndpoint } from "../../api/endpoint.ts";
import { AppError } from "../../core/app-error.ts";
import type { Caller } from "../../core/caller.ts";

/**
 * What the scopes of a JWT open of mcpd's API: reading takes mcp:read, changing takes mcp:admin. Without this a JWT that
 * was made for calling one server could do whatever its user may. People's sessions and McpTokens are bound by their
 * role bindings alone.
 *
 * Throws `denied`/`SCOPE_DENIED`.
 */
export function requireScope({ method }: Pick<AnyEndpoint, "method">, { principal, scopes }: Caller): void {
  if (principal.kind !== "jwt") return;
  const needed = method === "GET" ? "mcp:read" : "mcp:admin";
  if (scopes.has(needed)) return;
  throw new AppError("denied", "SCOPE_DENIED", `This JWT has not the scope ${needed}`, { hint: `get one with the scope ${needed}` });
}
