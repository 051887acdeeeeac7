import type { Clock } from "../../core/clock.ts";
import { claimsKind, hasShape } from "../../core/credential.ts";
import { hashToken } from "../../core/mcp-token.ts";
import type { BindingsSource } from "../access/bindings-source.ts";
import type { CredentialResolver } from "../access/credential-resolver.ts";
import { isLive, type Session, type SessionLimits } from "./session.ts";
import type { SessionStore } from "./session-store.ts";
import { userGrant } from "./user-grant.ts";

export interface SessionResolverDeps {
  readonly sessions: SessionStore;
  readonly bindings: BindingsSource;
  readonly limits: SessionLimits;
  readonly clock: Clock;
}

/** Says what sessions open, and keeps those that are used from growing idle. */
export function sessionResolver(deps: SessionResolverDeps): CredentialResolver {
  return {
    takes: (credential) => claimsKind("session", credential),
    async resolve(credential) {
      if (!hasShape("session", credential)) return undefined;
      const found = await deps.sessions.bySha(hashToken(credential));
      const now = deps.clock.now();
      if (found === undefined || found.account.disabled || !isLive(found.session, deps.limits, now)) return undefined;
      await touch(deps, found.session, now);
      return await userGrant(deps.bindings, found.account, found.session.expiresAt);
    },
  };
}

async function touch({ sessions, limits }: SessionResolverDeps, session: Session, now: Date): Promise<void> {
  if (now.getTime() - session.lastUsedAt.getTime() >= limits.touchEveryMs) await sessions.touch(session.id, now);
}
