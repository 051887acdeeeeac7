import { accessRoutes } from "../control/http/access-routes.ts";
import { agentAuthRoutes } from "../control/http/agent-auth-routes.ts";
import { apiTokenRoutes } from "../control/http/api-token-routes.ts";
import { auditRoutes } from "../control/http/audit-routes.ts";
import { authRoutes } from "../control/http/auth-routes.ts";
import { gatewayPlaneRoutes } from "../control/http/gateway-plane-routes.ts";
import { gatewayRoutes } from "../control/http/gateway-routes.ts";
import { groupRoutes } from "../control/http/group-routes.ts";
import { mcpTokenRoutes } from "../control/http/mcp-token-routes.ts";
import { metaRoutes } from "../control/http/meta-routes.ts";
import { nodeRoutes } from "../control/http/node-routes.ts";
import { projectRoutes } from "../control/http/project-routes.ts";
import { promptRoutes } from "../control/http/prompt-routes.ts";
import { rbacRoutes } from "../control/http/rbac-routes.ts";
import type { Route } from "../control/http/route.ts";
import { secretRoutes } from "../control/http/secret-routes.ts";
import { serverLogRoutes } from "../control/http/server-log-routes.ts";
import { serverRoutes } from "../control/http/server-routes.ts";
import { sessionRoutes } from "../control/http/session-routes.ts";
import { taskRoutes } from "../control/http/task-routes.ts";
import { userRoutes } from "../control/http/user-routes.ts";
import { workerRoutes } from "../control/http/worker-routes.ts";
import { SESSION_LIMITS } from "../control/identity/session.ts";
import type { ServerLogSource } from "../control/server/server-log-source.ts";
import { withoutStdio } from "../control/snapshot/without-stdio.ts";
import type { Control, StatusOf } from "./start-control.ts";

export interface ControlRoutesOptions {
  readonly statusOf: StatusOf;
  readonly serverLogs: ServerLogSource;
  /** The keys that seal MCP session ids, the current one first; base64. */
  readonly sessionKeys: () => readonly { readonly number: number; readonly key: string }[];
  /** Aborted when the server stops: streams end. */
  readonly stopping: AbortSignal;
}

/** Every route of mcpd's API. */
export function controlRoutes(control: Control, { statusOf, serverLogs, sessionKeys, stopping }: ControlRoutesOptions): Route[] {
  const { stores, bindings, clock, ids, audit, passwords, throttle, limit, authenticate } = control;
  const { users, groups, definitions, projects, servers, secrets, prompts, tokens, gateways, ended, accounts, sessions } = stores;
  const shared = { clock, ids };
  const hashPassword = (password: string) => passwords.hash(password);
  const identity = {
    accounts,
    passwords,
    throttle,
    sessions,
    limits: SESSION_LIMITS,
    audit: audit.sink,
    ownOrigins: control.ownOrigins,
    ...shared,
  };
  return [
    ...metaRoutes(),
    ...authRoutes(identity),
    ...sessionRoutes(identity),
    ...agentAuthRoutes({ ...identity, ...control.jwt, nodes: stores.nodes, nodeKeys: control.nodeKeys }),
    ...apiTokenRoutes({ ...identity, ...control.jwt, authenticate }),
    ...accessRoutes({ users, groups, subjects: control.subjects }),
    ...userRoutes({ users, bindings, hashPassword, ...shared }),
    ...groupRoutes({ groups, bindings, ...shared }),
    ...rbacRoutes({ definitions, ...shared }),
    ...projectRoutes({ projects, servers, statusOf, writeTools: control.writeTools, ...shared }),
    ...serverRoutes({ servers, policy: control.policy, statusOf, writeTools: control.writeTools, ...shared }),
    ...serverLogRoutes({ servers, logs: serverLogs, authenticate, stopping }),
    ...workerRoutes({ ...control.queue, clock }),
    ...nodeRoutes({ nodes: stores.nodes, ...shared }),
    ...secretRoutes({ secrets, box: control.secretsBox, ...shared }),
    ...promptRoutes({ prompts, ...shared }),
    ...mcpTokenRoutes({ tokens, projects, users, bindings, introspection: { resolver: control.tokenResolver, limit }, ...shared }),
    ...taskRoutes(control.tasks),
    ...gatewayRoutes({ gateways, ...shared }),
    ...gatewayPlaneRoutes({
      resolve: control.resolve,
      limit,
      snapshot: async () => (control.policy.stdioEnabled ? control.snapshot() : withoutStdio(await control.snapshot())),
      sessionKeys,
      gateways,
      ended,
      tasks: control.tasks,
      feed: audit.feed,
      audit: audit.sink,
      clock,
      stopping,
    }),
    ...auditRoutes({ store: audit.store, tail: audit.tail, verify: audit.verify, authenticate, stopping }),
  ];
}
