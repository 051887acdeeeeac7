import { z } from "zod";
import type { UserRole } from "../../../api/resources/user.ts";
import { userRolesSchema } from "../../../api/resources/user.ts";
import type { Account } from "../account.ts";
import type { AccountStore } from "../account-store.ts";
import { type IssuedJwt, issueJwt, type OwnJwtsDeps, verifyJwt } from "./own-jwts.ts";
import type { RevokedJwtStore } from "./revoked-jwt-store.ts";

export interface AgentJwtDeps extends OwnJwtsDeps {
  readonly accounts: AccountStore;
  readonly revoked: RevokedJwtStore;
}

const claimsSchema = z.object({ sub: z.string(), jti: z.string(), exp: z.number(), roles: userRolesSchema });

/** A JWT that agents take from this user, with the roles of today. */
export async function issueAgentJwt(deps: AgentJwtDeps, { id, username, roles }: Account): Promise<IssuedJwt> {
  return await issueJwt(deps, deps.installation.agents, id, { name: username, roles });
}

export interface AgentIdentity {
  readonly username: string;
  readonly roles: readonly UserRole[];
  readonly expiresAt: Date;
}

/**
 * Whose JWT for agents it is, with the roles that it has and the user still has. Undefined for anything that opens
 * nothing now: not ours, for another use, expired, revoked, its user gone or disabled.
 */
export async function validateAgentJwt(deps: AgentJwtDeps, token: string): Promise<AgentIdentity | undefined> {
  const claims = claimsSchema.safeParse(await verifyJwt(deps, deps.installation.agents, token));
  if (!claims.success) return undefined;
  const { sub, jti, exp, roles } = claims.data;
  const [revoked, account] = await Promise.all([deps.revoked.isRevoked(jti), deps.accounts.byId(sub)]);
  if (revoked || account === undefined || account.disabled) return undefined;
  const { username } = account;
  return { username, roles: roles.filter((role) => account.roles.includes(role)), expiresAt: new Date(exp * 1000) };
}
