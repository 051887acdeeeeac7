import { AppError, toAppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import { parseBearer } from "./bearer-of.ts";
import type { IdentifiedCaller } from "./identified-caller.ts";

/** What is kept of each RPC: who asked for what and when, and whether it was let through. */
export interface RpcAuditEntry {
  readonly method: string;
  /** User name; empty where nobody could be told. */
  readonly caller: string;
  /** ISO 8601. */
  readonly timestamp: string;
  /** `failed`: nobody could tell whether it may. */
  readonly outcome: "ok" | "refused" | "failed";
  /** Why not. */
  readonly reason?: string;
}

export interface RpcAudit {
  /** Never throws and never waits. */
  record(entry: RpcAuditEntry): void;
}

export interface AuthorizeRpcDeps {
  /** Undefined: the token opens nothing. */
  readonly tokens: { validate(token: string): Promise<IdentifiedCaller | undefined> };
  readonly audit: RpcAudit;
  readonly clock: Clock;
}

export interface RpcCall {
  /** `/mcp.v1.AgentService/Deploy`. */
  readonly method: string;
  /** The metadata's `authorization`. */
  readonly authorization: string | null | undefined;
}

/**
 * Lets an RPC of an administrator through and says who it is; every RPC is audited, whatever becomes of it.
 *
 * Throws `unauthenticated` (gRPC UNAUTHENTICATED) without a valid token, `denied`/`ADMIN_REQUIRED` (PERMISSION_DENIED)
 * for who is no administrator, and `unavailable` where the identity provider cannot be asked.
 */
export async function authorizeRpc({ method, authorization }: RpcCall, deps: AuthorizeRpcDeps): Promise<IdentifiedCaller> {
  const timestamp = deps.clock.now().toISOString();
  let caller: IdentifiedCaller | undefined;
  try {
    caller = await deps.tokens.validate(parseBearer(authorization));
    if (caller === undefined)
      throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Invalid token: it is unknown, expired or revoked");
    requireAdmin(caller);
    deps.audit.record({ method, caller: caller.username, timestamp, outcome: "ok" });
    return caller;
  } catch (thrown) {
    const { code, reason } = toAppError(thrown);
    const outcome = code === "unauthenticated" || code === "denied" ? "refused" : "failed";
    deps.audit.record({ method, caller: caller?.username ?? "", timestamp, outcome, reason });
    throw thrown;
  }
}

/** Throws `denied`/`ADMIN_REQUIRED`. */
export function requireAdmin({ username, roles }: IdentifiedCaller): void {
  if (roles.includes("admin")) return;
  throw new AppError("denied", "ADMIN_REQUIRED", `User ${username} is no administrator`, { hint: "it takes a user with the role admin" });
}
