import { z } from "zod";
import type { AuditDraft } from "../../../api/audit-event.ts";
import { invalid } from "../presented-credential.ts";
import { type OwnJwtsDeps, verifyJwt } from "./own-jwts.ts";
import type { RevokedJwtStore } from "./revoked-jwt-store.ts";

export interface RevokeJwtDeps extends OwnJwtsDeps {
  readonly revoked: RevokedJwtStore;
}

export interface RevokeJwtInput {
  readonly token: string;
  readonly traceId: string;
  readonly address: string | undefined;
}

const claimsSchema = z.object({ sub: z.string(), jti: z.string(), exp: z.number(), name: z.string() });

/**
 * Revokes a JWT of ours, for agents or for API clients: who holds one may always throw it away.
 *
 * Throws `unauthenticated`/`CREDENTIAL_INVALID` for what opens nothing.
 */
export async function revokeJwt(deps: RevokeJwtDeps, { token, traceId, address }: RevokeJwtInput): Promise<void> {
  const { agents, gateway } = deps.installation;
  const claims = claimsSchema.safeParse((await verifyJwt(deps, agents, token)) ?? (await verifyJwt(deps, gateway, token)));
  if (!claims.success || (await deps.revoked.isRevoked(claims.data.jti))) throw invalid("it is unknown, expired or revoked");
  const { sub, jti, exp, name } = claims.data;
  const at = deps.clock.now();
  const event: AuditDraft = {
    kind: "rpc",
    outcome: "ok",
    at: at.toISOString(),
    actorKind: "jwt",
    actorId: sub,
    actorName: name,
    user: name,
    action: "jwt.revoke",
    resource: "jwts",
    resourceName: jti,
    traceId,
    address,
  };
  // A verifier whose clock is behind may take it a little longer than it says.
  const expiresAt = new Date(exp * 1000 + 60_000);
  await deps.revoked.revoke({ jti, expiresAt, at, event });
}
