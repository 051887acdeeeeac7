import type { AnyEndpoint } from "../endpoint.ts";
import { audit } from "./audit-endpoints.ts";
import { gatewayPlane } from "./gateway-endpoints.ts";
import { agentAuth, apiToken, auth, sessions } from "./identity-endpoints.ts";
import { meta } from "./meta-endpoints.ts";
import { gateways, groups, mcptokens, nodes, projects, prompts, rbac, secrets, servers, users } from "./resource-endpoints.ts";
import { projectTasks, tasks } from "./task-endpoints.ts";
import { workers } from "./worker-endpoints.ts";

/** Every endpoint of mcpd. The router, the client, the OpenAPI document and the docs come from this one table. */
export const ENDPOINTS = {
  auth,
  sessions,
  users,
  groups,
  rbac,
  projects,
  servers,
  secrets,
  prompts,
  mcptokens,
  gateways,
  nodes,
  tasks,
  projectTasks,
  workers,
  audit,
  agentAuth,
  apiToken,
  gatewayPlane,
  meta,
};

export const ALL_ENDPOINTS: readonly AnyEndpoint[] = Object.values(ENDPOINTS).flatMap((group) => Object.values(group));
