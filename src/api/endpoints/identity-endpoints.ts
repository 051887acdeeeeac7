import { z } from "zod";
import { SCOPES } from "../../core/caller.ts";
import { ACTIONS, RESOURCES, ROLES } from "../../core/permission.ts";
import { defineEndpoint } from "../endpoint.ts";
import { instantSchema, noBody, noQuery, noReply } from "../fields.ts";
import { principalSchema, roleBindingSchema } from "../grant.ts";
import { passwordSchema, sessionSchema } from "../resources/user.ts";

const V1 = "/api/v1";
const typed = z.string().min(1).max(256);

/** For the command line and the console: a session, as a bearer or a cookie. */
export const auth = {
  login: defineEndpoint({
    name: "auth.login",
    method: "POST",
    path: `${V1}/auth/login`,
    summary: "Log in with a password; gives a session, as a bearer (cli) or a cookie (browser)",
    credential: "none",
    status: 200,
    query: noQuery,
    body: z.strictObject({ username: typed, password: typed, client: z.enum(["cli", "browser"]).default("cli") }),
    /** `token` is null where the session came as a cookie. */
    reply: z.object({ token: z.string().nullable(), username: z.string(), expiresAt: instantSchema }),
  }),
  logout: defineEndpoint({
    name: "auth.logout",
    method: "POST",
    path: `${V1}/auth/logout`,
    summary: "End the session that the request came with",
    credential: "session",
    status: 204,
    query: noQuery,
    body: noBody,
    reply: noReply,
  }),
  password: defineEndpoint({
    name: "auth.password",
    method: "POST",
    path: `${V1}/auth/password`,
    summary: "Change one's own password; every other session of the user ends",
    credential: "session",
    status: 204,
    query: noQuery,
    body: z.strictObject({ current: typed, next: passwordSchema }),
    reply: noReply,
  }),
  whoami: defineEndpoint({
    name: "auth.whoami",
    method: "GET",
    path: `${V1}/auth/whoami`,
    summary: "Who the credential is, and what it may do",
    credential: "any",
    tokens: "self",
    status: 200,
    query: noQuery,
    body: noBody,
    reply: z.object({
      principal: principalSchema,
      roles: z.array(z.string()),
      groups: z.array(z.string()),
      scopes: z.array(z.enum(SCOPES)),
      bindings: z.array(z.object({ binding: roleBindingSchema, source: z.string() })),
      expiresAt: instantSchema.nullable(),
    }),
  }),
  canI: defineEndpoint({
    name: "auth.can-i",
    method: "GET",
    path: `${V1}/auth/can-i`,
    summary: "Whether the caller, or a subject, may do something, and which binding says so",
    credential: "any",
    tokens: "self",
    status: 200,
    query: z.strictObject({
      verb: z.enum(ROLES).optional(),
      resource: z.enum([...RESOURCES, "*"]).optional(),
      name: z.string().max(190).optional(),
      action: z.enum([...ACTIONS, "*"]).optional(),
      /** `User:jo`, `Group:dev`, `McpToken:<sha>`: takes the action impersonate. */
      as: z.string().max(220).optional(),
    }),
    body: noBody,
    reply: z.object({
      allowed: z.boolean(),
      subject: z.string(),
      /** Null where it is refused. */
      by: z.object({ binding: roleBindingSchema, source: z.string() }).nullable(),
      reason: z.string(),
    }),
  }),
};

export const sessions = {
  list: defineEndpoint({
    name: "sessions.list",
    method: "GET",
    path: `${V1}/sessions`,
    summary: "List one's own log-ins; with ?user= another's",
    credential: "any",
    status: 200,
    query: z.strictObject({ user: z.string().max(63).optional() }),
    body: noBody,
    reply: z.object({ items: z.array(sessionSchema) }),
  }),
  delete: defineEndpoint({
    name: "sessions.delete",
    method: "DELETE",
    path: `${V1}/sessions/:id`,
    summary: "End a log-in",
    credential: "any",
    status: 204,
    query: noQuery,
    body: noBody,
    reply: noReply,
  }),
};

const jwtReply = z.object({ token: z.string(), expires_at: instantSchema });

/** For agents: mcpd as the identity provider. Field names are those that such clients expect. */
export const agentAuth = {
  login: defineEndpoint({
    name: "agent-auth.login",
    method: "POST",
    path: "/v1/auth/login",
    summary: "Log in with a password; gives an Ed25519 JWT with roles for agents",
    credential: "none",
    status: 200,
    query: noQuery,
    body: z.strictObject({ username: typed, password: typed }),
    reply: jwtReply,
  }),
  validate: defineEndpoint({
    name: "agent-auth.validate",
    method: "POST",
    path: "/v1/token/validate",
    summary: "Whether a JWT for agents is valid now, and whose it is",
    credential: "none",
    status: 200,
    query: noQuery,
    body: z.strictObject({ token: z.string().max(8192) }),
    reply: z.object({
      valid: z.boolean(),
      username: z.string().optional(),
      roles: z.array(z.string()).optional(),
      /** The only node that this opens something on; absent: every one. */
      node: z.string().optional(),
      expires_at: instantSchema.optional(),
    }),
  }),
  logout: defineEndpoint({
    name: "agent-auth.logout",
    method: "POST",
    path: "/v1/auth/logout",
    summary: "Revoke the JWT that the request came with",
    credential: "none",
    status: 204,
    query: noQuery,
    body: noBody,
    reply: noReply,
  }),
  jwks: defineEndpoint({
    name: "agent-auth.jwks",
    method: "GET",
    path: "/.well-known/jwks.json",
    summary: "The public keys that verify mcpd's JWTs",
    credential: "none",
    status: 200,
    query: noQuery,
    body: noBody,
    reply: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
};

/** For API clients: a JWT with scopes for the gateway's single-server routes. */
export const apiToken = {
  create: defineEndpoint({
    name: "token.create",
    method: "POST",
    path: `${V1}/token`,
    summary: "A JWT of one hour with scopes, for a user name and password or the session of the request",
    credential: "none",
    status: 200,
    query: noQuery,
    body: z.strictObject({
      username: typed.optional(),
      password: typed.optional(),
      scopes: z.array(z.enum(SCOPES)).min(1, "must name at least one scope").default(["mcp:read", "mcp:call"]),
      /** The only servers that it is to open. */
      servers: z.array(z.string().max(32)).max(200).optional(),
    }),
    reply: z.object({ token: z.string(), expires_at: instantSchema, scopes: z.array(z.enum(SCOPES)) }),
  }),
};
