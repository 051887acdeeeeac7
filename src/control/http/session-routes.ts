import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { SessionResource } from "../../api/resources/user.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { type EndSessionDeps, endSession } from "../identity/end-session.ts";
import { type ListedSession, type ListSessionsDeps, listSessions } from "../identity/list-sessions.ts";
import { presentedCredential } from "../identity/presented-credential.ts";
import { type Route, route } from "./route.ts";

export interface SessionRoutesDeps extends ListSessionsDeps, EndSessionDeps {
  readonly ownOrigins: readonly string[];
}

/** Log-ins: one's own, and with the right to it others'. */
export function sessionRoutes(deps: SessionRoutesDeps): Route[] {
  return [
    route(ENDPOINTS.sessions.list, async ({ actor, query, request }) => {
      const current = hashToken(presentedCredential(request, deps.ownOrigins).credential);
      const listed = await listSessions(deps, actor, query.user);
      return { items: listed.map((each) => resourceOf(each, current)) };
    }),
    route(ENDPOINTS.sessions.delete, async ({ actor, params }) => {
      await endSession(deps, actor, params.id);
      return undefined;
    }),
  ];
}

function resourceOf({ session, username }: ListedSession, current: string): SessionResource {
  return {
    id: session.id,
    username,
    client: session.client,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.lastUsedAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    address: session.address ?? null,
    userAgent: session.userAgent ?? null,
    current: session.sha256 === current,
  };
}
