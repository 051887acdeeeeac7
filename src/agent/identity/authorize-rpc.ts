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
  /** The metadata's `authorization`. */
  readonly authorization: string | null | undefined;
  /** The role that it takes. */
  readonly needs: Role;
  /** The service, or the service and component, that it is about, where that is known by now. */
  readonly target?: string | undefined;
}

/**
 * Lets an RPC through whose caller has the role for it, and says who it is; every RPC is audited, whatever becomes of it.
 *
 * Throws `unauthenticated` (gRPC UNAUTHENTICATED) without a valid token, `denied`/`ROLE_REQUIRED` (PERMISSION_DENIED) for
 * who has not the role, `denied`/`OTHER_NODE` for a token of another node, and `unavailable` where the identity provider cannot be asked. What changes nothing is let through
 * on an older answer then.
 */
export async function authorizeRpc(call: RpcCall, deps: AuthorizeRpcDeps): Promise<IdentifiedCaller> {
  const { method, authorization, needs, target } = call;
  const entry = { method, timestamp: deps.clock.now().toISOString(), ...(target === undefined ? {} : { target }) };
  let caller: IdentifiedCaller | undefined;
  try {
    caller = await deps.tokens.validate(parseBearer(authorization), { evenStale: needs === "view" });
    if (caller === undefined)
      throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Invalid token: it is unknown, expired or revoked");
    requireNode(caller, deps.nodeName);
    requireRole(caller, needs);
    deps.audit.record({ ...entry, caller: caller.username, outcome: "ok" });
    return caller;
  } catch (thrown) {
    const { code, reason } = toAppError(thrown);
    const outcome = code === "unauthenticated" || code === "denied" ? "refused" : "failed";
    deps.audit.record({ ...entry, caller: caller?.username ?? "", outcome, reason });
    throw thrown;
  }
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
