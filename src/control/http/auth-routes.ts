import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { hashToken } from "../../core/mcp-token.ts";
import { forgetCookie, keepCookie } from "../../core/session-cookie.ts";
import type { AuditSink } from "../change/change-log.ts";
import { changePassword } from "../identity/change-password.ts";
import { logOut } from "../identity/end-session.ts";
import { type LogInDeps, logIn } from "../identity/log-in.ts";
import { presentedCredential } from "../identity/presented-credential.ts";
import { refuseLogin } from "./refused-login.ts";
import { openRoute, ReplyWith, type Route, route } from "./route.ts";

export interface AuthRoutesDeps extends LogInDeps {
  readonly audit: AuditSink;
  readonly ownOrigins: readonly string[];
}

/** Logging in and out with a password, and changing it. */
export function authRoutes(deps: AuthRoutesDeps): Route[] {
  const { login, logout, password } = ENDPOINTS.auth;
  const present = (request: Request) => presentedCredential(request, deps.ownOrigins);
  return [
    openRoute(login, async ({ body, address, traceId, request }) => {
      const userAgent = request.headers.get("user-agent") ?? undefined;
      const result = await logIn(deps, { ...body, address, traceId, userAgent });
      if (!result.accepted) {
        const { username } = body;
        const at = deps.clock.now();
        return refuseLogin(deps.audit, { refusal: result.refusal, username, method: `POST ${login.path}`, traceId, address, at });
      }
      const { session, credential, account } = result;
      const reply = { username: account.username, expiresAt: session.expiresAt.toISOString() };
      if (body.client === "cli") return { ...reply, token: credential };
      const maxAge = Math.floor(deps.limits.absoluteMs.browser / 1000);
      return new ReplyWith({ ...reply, token: null }, { "set-cookie": keepCookie(credential, maxAge) });
    }),
    route(logout, async ({ actor, request }) => {
      const { by, credential } = present(request);
      await logOut(deps, actor, hashToken(credential));
      return by === "cookie" ? new ReplyWith(undefined, { "set-cookie": forgetCookie() }) : undefined;
    }),
    route(password, async ({ actor, body, request }) => {
      await changePassword(deps, actor, { ...body, keepSession: hashToken(present(request).credential) });
      return undefined;
    }),
  ];
}
