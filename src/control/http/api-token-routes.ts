import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { AppError } from "../../core/app-error.ts";
import type { AuditSink } from "../change/change-log.ts";
import type { Account } from "../identity/account.ts";
import type { AuthenticateRequest } from "../identity/authenticate-request.ts";
import { type CheckLoginDeps, checkLogin, type LoginVerdict } from "../identity/check-login.ts";
import { type ApiJwtDeps, issueApiJwt } from "../identity/jwt/api-jwt.ts";
import { loginEvent } from "../identity/log-in.ts";
import { invalid } from "../identity/presented-credential.ts";
import { refuseLogin } from "./refused-login.ts";
import { openRoute, type Route } from "./route.ts";

export interface ApiTokenRoutesDeps extends ApiJwtDeps, CheckLoginDeps {
  readonly audit: AuditSink;
  readonly authenticate: AuthenticateRequest;
}

/** JWTs for API clients: for a user name and password, or for the session that asks. */
export function apiTokenRoutes(deps: ApiTokenRoutesDeps): Route[] {
  const { create } = ENDPOINTS.apiToken;
  return [
    openRoute(create, async ({ body, request, traceId, address }) => {
      const { username, password, scopes, servers } = body;
      const verdict = await accountOf(deps, request, { username, password, address });
      const at = deps.clock.now();
      if (!verdict.accepted) {
        const refused = { refusal: verdict.refusal, username: username ?? "", method: `POST ${create.path}`, traceId, address, at };
        return refuseLogin(deps.audit, refused);
      }
      const { token, jti, expiresAt } = await issueApiJwt(deps, verdict.account, { scopes, servers });
      deps.audit.record({
        ...loginEvent(verdict.account, { address, traceId }, at, { action: "jwt.create", detail: { use: "gateway", scopes, servers } }),
        resource: "jwts",
        resourceName: jti,
      });
      return { token, expires_at: expiresAt.toISOString(), scopes };
    }),
  ];
}

interface Claimed {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly address: string | undefined;
}

async function accountOf(deps: ApiTokenRoutesDeps, request: Request, { username, password, address }: Claimed): Promise<LoginVerdict> {
  if (username !== undefined && password !== undefined) return await checkLogin(deps, { username, password, address });
  if (username !== undefined || password !== undefined) {
    throw new AppError("invalid", "LOGIN_INCOMPLETE", "body: must have both username and password, or neither with a session");
  }
  return { accepted: true, account: await accountOfSession(deps, request, address) };
}

/** No token and no JWT makes another: who holds one must not be able to hold on to it for ever. */
async function accountOfSession(deps: ApiTokenRoutesDeps, request: Request, address: string | undefined): Promise<Account> {
  const { principal } = await deps.authenticate(request, address);
  if (principal.kind !== "user") throw new AppError("denied", "SESSION_REQUIRED", "This takes a session of a user, or a password");
  const account = await deps.accounts.byId(principal.id);
  if (account === undefined) throw invalid("its user is gone");
  return account;
}
