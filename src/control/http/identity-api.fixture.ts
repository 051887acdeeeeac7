import type { Kysely } from "kysely";
import { z } from "zod";
import type { AuditDraft } from "../../api/audit-event.ts";
import { defineEndpoint } from "../../api/endpoint.ts";
import { noBody, noQuery } from "../../api/fields.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import { randomIds } from "../../core/ids.ts";
import { secretBox } from "../../core/secret-box.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import { resolveBy } from "../access/credential-resolver.ts";
import type { Change } from "../change/change-log.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { authenticateRequest, type CredentialLimit } from "../identity/authenticate-request.ts";
import { roleBindings } from "../identity/bindings.fixture.ts";
import { addUser, START } from "../identity/identity.fixture.ts";
import { installationOf } from "../identity/jwt/installation.ts";
import { jwtResolver } from "../identity/jwt/jwt-resolver.ts";
import { SigningKeys } from "../identity/jwt/signing-keys.ts";
import { sqlRevokedJwtStore } from "../identity/jwt/sql-revoked-jwt-store.ts";
import { sqlSigningKeyStore } from "../identity/jwt/sql-signing-key-store.ts";
import { LoginThrottle } from "../identity/login-throttle.ts";
import { oidcJwts } from "../identity/oidc/oidc-jwts.ts";
import { PasswordCheck } from "../identity/password-check.ts";
import { SESSION_LIMITS } from "../identity/session.ts";
import { sessionResolver } from "../identity/session-resolver.ts";
import { sqlAccountStore } from "../identity/sql-account-store.ts";
import { sqlSessionStore } from "../identity/sql-session-store.ts";
import { sqlNodeStore } from "../node/sql-node-store.ts";
import { introspectionLimit } from "../token/introspection-limit.ts";
import { agentAuthRoutes } from "./agent-auth-routes.ts";
import { apiTokenRoutes } from "./api-token-routes.ts";
import { authRoutes } from "./auth-routes.ts";
import { createApi } from "./create-api.ts";
import { route } from "./route.ts";
import { sessionRoutes } from "./session-routes.ts";

/** An endpoint that answers with what the credential opens. */
const PROBE = defineEndpoint({
  name: "probe",
  method: "GET",
  path: "/api/v1/probe",
  summary: "",
  credential: "any",
  status: 200,
  query: noQuery,
  body: noBody,
  reply: z.record(z.string(), z.unknown()),
});

export const ORIGIN = "http://127.0.0.1:3100";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON a test expects.
  readonly body: any;
}

export interface CallInit {
  readonly body?: unknown;
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}

export interface IdentityApi {
  readonly db: Kysely<Schema>;
  readonly time: { ms: number };
  /** What was recorded besides changes. */
  readonly audited: readonly AuditDraft[];
  readonly changes: readonly Change[];
  /** How often a password was checked. */
  readonly checked: { times: number };
  call(method: string, path: string, init?: CallInit): Promise<Answer>;
  /** Logs in and gives the raw session. A user's password is their name. */
  session(name: string): Promise<string>;
}

/**
 * The routes of identity on a database in memory, with the users `ada` (who may view), `root` (an administrator), `bob`
 * and `eve` (disabled).
 */
export async function withIdentityApi(run: (api: IdentityApi) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  await addUser(db, "ada", { roles: '["view"]' });
  await addUser(db, "root", { roles: '["admin"]' });
  await addUser(db, "bob");
  await addUser(db, "eve", { disabled: 1 });
  const api = identityApi(db);
  try {
    await run(api);
  } finally {
    await db.destroy();
  }
}

/** Makes the keys of nodes. */
export const NODE_KEYS = new Uint8Array(32).fill(5);

function identityApi(db: Kysely<Schema>): IdentityApi {
  const time = { ms: START };
  const clock = { now: () => new Date(time.ms) };
  const audited: AuditDraft[] = [];
  const audit = { record: (draft: AuditDraft) => void audited.push(draft) };
  const log = plainChangeLog(db);
  const checked = { times: 0 };
  const deps = { ...identityDeps(db, log, clock, checked), audit, ownOrigins: ["https://mcp.example"] };
  const limit: CredentialLimit = introspectionLimit(clock);
  const authenticate = authenticateRequest({ resolve: resolveBy([sessionResolver(deps), jwtResolver(deps)]), limit, ...deps });
  const routes = [
    ...authRoutes(deps),
    ...sessionRoutes(deps),
    ...agentAuthRoutes({ ...deps, nodes: sqlNodeStore(db, log), nodeKeys: NODE_KEYS }),
    ...apiTokenRoutes({ ...deps, authenticate }),
    route(PROBE, async ({ grant }) => ({ ...grant })),
  ];
  const edge = { ...edgePolicyFor("127.0.0.1"), allowedOriginHosts: ["127.0.0.1", "localhost", "mcp.example"] };
  const onFailure = (error: Error) => {
    throw error;
  };
  const app = createApi({ edge, ready: () => true, newTraceId: () => "trace-1", authenticate, routes, audit, clock, onFailure });
  const call: IdentityApi["call"] = async (method, path, { body, bearer, headers, address = "10.0.0.1" } = {}) => {
    const sent = {
      host: "127.0.0.1:3100",
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    };
    const init = { method, headers: sent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await app.fetch(new Request(`${ORIGIN}${path}`, init), { address });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  };
  const session = async (name: string) =>
    (await call("POST", "/api/v1/auth/login", { body: { username: name, password: name } })).body.token as string;
  return { db, time, audited, changes: log.changes, checked, call, session };
}

function identityDeps(db: Kysely<Schema>, log: ReturnType<typeof plainChangeLog>, clock: { now: () => Date }, checked: { times: number }) {
  const hasher = {
    hash: async (password: string) => `hash of ${password}`,
    verify: async (password: string, hash: string) => {
      checked.times += 1;
      return hash === `hash of ${password}`;
    },
  };
  const box = secretBox({ current: { number: 1, key: new Uint8Array(32).fill(7) }, previous: [] });
  const oidc = oidcJwts([], { clock, fetchJson: () => Promise.reject(new Error("nothing is fetched here")) });
  return {
    clock,
    ids: randomIds,
    limits: SESSION_LIMITS,
    accounts: sqlAccountStore(db, log),
    sessions: sqlSessionStore(db, log),
    bindings: roleBindings(),
    passwords: new PasswordCheck(hasher),
    throttle: new LoginThrottle(clock),
    keys: new SigningKeys({ store: sqlSigningKeyStore(db, log), box, clock }),
    installation: installationOf("0123456789abcdef"),
    revoked: sqlRevokedJwtStore(db, log),
    jwtMode: false,
    oidc,
  };
}
