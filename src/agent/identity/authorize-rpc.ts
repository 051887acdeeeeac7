import { AppError, toAppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import { parseBearer } from "./bearer-of.ts";
import type { IdentifiedCaller } from "./identified-caller.ts";
import { covers, highestRole, type Role } from "./role.ts";
import type { RpcAudit } from "./rpc-audit.ts";

export interface TokenCheck {
  /**
   * Whose a token is; undefined: it opens nothing. Throws where nobody can tell. With `evenStale` an older answer will do
   * then.
   */
  validate(token: string, options?: { readonly evenStale?: boolean }): Promise<IdentifiedCaller | undefined>;
}

export interface AuthorizeRpcDeps {
  readonly tokens: TokenCheck;
  readonly audit: RpcAudit;
  readonly clock: Clock;
  /** This node's name. */
  readonly nodeName: string;
}

export interface RpcCall {
  /** `/mcp.v1.McpAgentService/Deploy`. */
  readonly method: string;
  /** The role that it takes. */
  readonly needs: Role;
}

/**
 * Who calls, by the metadata's `authorization`. It takes no message, so nothing of a stranger's is read. What is refused is
 * audited.
 *
 * Throws `unauthenticated` (gRPC UNAUTHENTICATED) without a valid token, and `unavailable` where the identity provider cannot
 * be asked. What changes nothing is let through on an older answer then.
 */
export async function identifyCaller(
  { method, needs, authorization }: RpcCall & { readonly authorization: string | null | undefined },
  { tokens, audit, clock }: Omit<AuthorizeRpcDeps, "nodeName">,
): Promise<IdentifiedCaller> {
  const timestamp = clock.now().toISOString();
  try {
    const caller = await tokens.validate(parseBearer(authorization), { evenStale: needs === "view" });
    if (caller !== undefined) return caller;
    throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Invalid token: it is unknown, expired or revoked");
  } catch (thrown) {
    audit.record({ method, timestamp, caller: "", ...refusal(thrown) });
    throw thrown;
  }
}

/**
 * Lets an RPC through whose caller has the role for it; it is audited, whatever becomes of it. `target` is the service, or the
 * service and component, that it is about, where that is known by now.
 *
 * Throws `denied`/`ROLE_REQUIRED` (gRPC PERMISSION_DENIED) for who has not the role, `denied`/`OTHER_NODE` for a token of
 * another node.
 */
export function authorizeRpc(
  { method, needs, target, caller }: RpcCall & { readonly target?: string | undefined; readonly caller: IdentifiedCaller },
  { audit, clock, nodeName }: Omit<AuthorizeRpcDeps, "tokens">,
): void {
  const timestamp = clock.now().toISOString();
  const entry = { method, timestamp, ...(target === undefined ? {} : { target }), caller: caller.username };
  try {
    requireNode(caller, nodeName);
    requireRole(caller, needs);
  } catch (thrown) {
    audit.record({ ...entry, ...refusal(thrown) });
    throw thrown;
  }
  audit.record({ ...entry, outcome: "ok" });
}

function refusal(thrown: unknown): { readonly outcome: "refused" | "failed"; readonly reason: string } {
  const { code, reason } = toAppError(thrown);
  return { outcome: code === "unauthenticated" || code === "denied" ? "refused" : "failed", reason };
}

/** Throws `denied`/`OTHER_NODE` where the token opens something on another node alone. */
export function requireNode({ username, node }: IdentifiedCaller, own: string): void {
  if (node === undefined || node === own) return;
  throw new AppError("denied", "OTHER_NODE", `The token of ${username} is for node ${node}, and this is ${own}`, {
    hint: "is agent.node_name the name that the identity provider has for this node?",
  });
}

/** Throws `denied`/`ROLE_REQUIRED`. */
export function requireRole({ username, roles }: IdentifiedCaller, needs: Role): void {
  const has = highestRole(roles);
  if (covers(has, needs)) return;
  const what = has === undefined ? "none of the roles view, operate and admin" : `the role ${has} alone`;
  throw new AppError("denied", "ROLE_REQUIRED", `This takes the role ${needs}; user ${username} has ${what}`, {
    hint: `ask an administrator for the role ${needs}`,
  });
}
