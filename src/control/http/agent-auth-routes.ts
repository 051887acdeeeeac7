import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { claimsKind } from "../../core/credential.ts";
import type { AuditSink } from "../change/change-log.ts";
import { type CheckLoginDeps, checkLogin } from "../identity/check-login.ts";
import { type AgentJwtDeps, issueAgentJwt, validateAgentJwt } from "../identity/jwt/agent-jwt.ts";
import { revokeJwt } from "../identity/jwt/revoke-jwt.ts";
import { loginEvent } from "../identity/log-in.ts";
import { presentedCredential } from "../identity/presented-credential.ts";
import { nodeIdOfKey } from "../node/node-key.ts";
import type { NodeStore } from "../node/node-store.ts";
import { refuseLogin } from "./refused-login.ts";
import { openRoute, type Route } from "./route.ts";

export interface AgentAuthRoutesDeps extends AgentJwtDeps, CheckLoginDeps {
  readonly audit: AuditSink;
  readonly nodes: Pick<NodeStore, "byId">;
  /** Makes the keys with which gateways reach the components of nodes. */
  readonly nodeKeys: Uint8Array;
}

/** mcpd as the identity provider of agents. */
export function agentAuthRoutes(deps: AgentAuthRoutesDeps): Route[] {
  const { login, validate, logout, jwks } = ENDPOINTS.agentAuth;
  return [
    openRoute(login, async ({ body, traceId, address }) => {
      const verdict = await checkLogin(deps, { ...body, address });
      const at = deps.clock.now();
      if (!verdict.accepted) {
        const { username } = body;
        return refuseLogin(deps.audit, { refusal: verdict.refusal, username, method: `POST ${login.path}`, traceId, address, at });
      }
      const { token, jti, expiresAt } = await issueAgentJwt(deps, verdict.account);
      deps.audit.record({
        ...loginEvent(verdict.account, { address, traceId }, at, { action: "jwt.create", detail: { use: "agents" } }),
        resource: "jwts",
        resourceName: jti,
      });
      return { token, expires_at: expiresAt.toISOString() };
    }),
    openRoute(validate, async ({ body }) => {
      if (claimsKind("node", body.token)) return gatewayOf(deps, body.token);
      const identity = await validateAgentJwt(deps, body.token);
      if (identity === undefined) return { valid: false };
      const { username, roles, expiresAt } = identity;
      return { valid: true, username, roles: [...roles], expires_at: expiresAt.toISOString() };
    }),
    openRoute(logout, async ({ request, traceId, address }) => {
      // A session in a cookie is no JWT, whosever page sends it.
      const { credential } = presentedCredential(request, []);
      await revokeJwt(deps, { token: credential, traceId, address });
      return undefined;
    }),
    openRoute(jwks, async () => ({ keys: (await deps.keys.jwks()).map((key) => ({ ...key })) })),
  ];
}

/** A gateway that reaches for the components of one node; that node alone is to let it. */
async function gatewayOf({ nodes, nodeKeys }: Pick<AgentAuthRoutesDeps, "nodes" | "nodeKeys">, key: string) {
  const id = nodeIdOfKey(nodeKeys, key);
  const node = id === undefined ? undefined : await nodes.byId(id);
  return node === undefined ? { valid: false } : { valid: true, username: "gateway", roles: ["proxy"], node: node.name };
}
