import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Grant } from "../api/grant.ts";
import type { ServerResource } from "../api/resources/server.ts";
import type { Snapshot } from "../api/server-definition.ts";
import type { CredentialResolver } from "../control/access/credential-resolver.ts";
import { resolveBy } from "../control/access/credential-resolver.ts";
import { sqlAccessSubjects } from "../control/access/sql-access-subjects.ts";
import { sqlBindingsSource } from "../control/access/sql-bindings-source.ts";
import { checkpointFile } from "../control/audit/checkpoint-file.ts";
import { type AuditLog, openAuditLog } from "../control/audit/open-audit-log.ts";
import type { ChangeLog } from "../control/change/change-log.ts";
import { sqlEndedSessionStore } from "../control/ended-session/sql-ended-session-store.ts";
import { gatewayKeyResolver } from "../control/enrolled-gateway/gateway-key-resolver.ts";
import { sqlEnrolledGatewayStore } from "../control/enrolled-gateway/sql-enrolled-gateway-store.ts";
import { sqlGroupStore } from "../control/group/sql-group-store.ts";
import { authenticateRequest } from "../control/identity/authenticate-request.ts";
import { guardedFetchJson } from "../control/identity/http/guarded-fetch-json.ts";
import { installationOf } from "../control/identity/jwt/installation.ts";
import { jwtResolver } from "../control/identity/jwt/jwt-resolver.ts";
import { SigningKeys } from "../control/identity/jwt/signing-keys.ts";
import { sqlRevokedJwtStore } from "../control/identity/jwt/sql-revoked-jwt-store.ts";
import { sqlSigningKeyStore } from "../control/identity/jwt/sql-signing-key-store.ts";
import { LoginThrottle } from "../control/identity/login-throttle.ts";
import { oidcJwts } from "../control/identity/oidc/oidc-jwts.ts";
import { PasswordCheck } from "../control/identity/password-check.ts";
import { SESSION_LIMITS } from "../control/identity/session.ts";
import { sessionResolver } from "../control/identity/session-resolver.ts";
import { sqlAccountStore } from "../control/identity/sql-account-store.ts";
import { sqlSessionStore } from "../control/identity/sql-session-store.ts";
import { sqlNodeStore } from "../control/node/sql-node-store.ts";
import { sqlProjectStore } from "../control/project/sql-project-store.ts";
import { sqlPromptStore } from "../control/prompt/sql-prompt-store.ts";
import { sqlRbacStore } from "../control/rbac/sql-rbac-store.ts";
import { sqlSecretStore } from "../control/secret/sql-secret-store.ts";
import { backingPolicyFor } from "../control/server/backing-policy.ts";
import { sqlServerStore } from "../control/server/sql-server-store.ts";
import { readSnapshot } from "../control/snapshot/read-snapshot.ts";
import { introspectionLimit } from "../control/token/introspection-limit.ts";
import { mcpTokenResolver } from "../control/token/mcp-token-resolver.ts";
import { operatorKeyResolver } from "../control/token/operator-key-resolver.ts";
import { sqlMcpTokenStore } from "../control/token/sql-mcp-token-store.ts";
import { sqlUserStore } from "../control/user/sql-user-store.ts";
import { isAllowedAddress } from "../core/address-guard.ts";
import type { Clock } from "../core/clock.ts";
import { randomIds } from "../core/ids.ts";
import { hashToken } from "../core/mcp-token.ts";
import { secretBox } from "../core/secret-box.ts";
import type { Engine } from "../store/engine.ts";
import { notify } from "../store/notify.ts";
import type { Schema } from "../store/schema.ts";
import type { Config } from "./config-file.ts";
import type { InstallationKeys } from "./master-key.ts";
import { openTaskQueue } from "./open-task-queue.ts";
import { startAuditThread } from "./start-audit-thread.ts";

export interface StartControlOptions {
  readonly db: Kysely<Schema>;
  readonly engine: Engine;
  /** The database's URL, for a connection that listens. */
  readonly databaseUrl: string;
  readonly auditWriter: string;
  readonly auditCheckpoints: string;
  /** Events of requests are written by a thread and a connection of their own: for those that serve. */
  readonly auditThread: boolean;
  readonly keys: InstallationKeys;
  readonly operatorKey: string;
  readonly bindAddress: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
}

export type Control = Awaited<ReturnType<typeof startControl>>;

const CHANNEL = "mcpctl_feed";
const DAY_MS = 86_400_000;
/** A century: longer ago than any event, and still a date. */
const FOR_EVER_MS = 36_500 * DAY_MS;

/** mcpd's parts over one database, joined. Nothing listens yet. */
export async function startControl(options: StartControlOptions) {
  const { db, engine, clock, keys, config } = options;
  const audit = await openLog(options);
  const stores = openStores(db, audit.log.changes);
  const bindings = sqlBindingsSource(db);
  const secretsBox = secretBox({ current: { number: 1, key: keys.secrets }, previous: [] });
  const shared = { clock, ids: randomIds };
  const jwt = {
    keys: new SigningKeys({
      store: sqlSigningKeyStore(db, audit.log.changes),
      box: secretBox({ current: { number: 1, key: keys.signingKeys }, previous: [] }),
      clock,
    }),
    installation: installationOf(keys.installationId),
    accounts: stores.accounts,
    revoked: sqlRevokedJwtStore(db, audit.log.changes),
    bindings,
    clock,
  };
  const fetchJson = guardedFetchJson({ isAllowedAddress: (ip) => isAllowedAddress(ip, { allow: [], allowLoopback: false }) });
  const oidc = oidcJwts(config.auth.oidc, { fetchJson, clock });
  const tokenResolver = mcpTokenResolver({ tokens: stores.tokens, bindings, clock });
  const resolvers: readonly CredentialResolver[] = [
    tokenResolver,
    sessionResolver({ sessions: stores.sessions, bindings, limits: SESSION_LIMITS, clock }),
    operatorKeyResolver(hashToken(options.operatorKey)),
    gatewayKeyResolver({ gateways: stores.gateways, clock }),
    jwtResolver({ ...jwt, oidc, jwtMode: config.auth.jwt_mode }),
  ];
  const resolve = resolveBy(resolvers);
  const limit = introspectionLimit(clock);
  const queue = await openTaskQueue({ db, engine, databaseUrl: options.databaseUrl, settings: config.queue, clock, log: options.log });
  const passwords = new PasswordCheck({
    hash: (password) => Bun.password.hash(password, "argon2id"),
    verify: (password, hash) => Bun.password.verify(password, hash),
  });
  return {
    ...shared,
    stores,
    bindings,
    audit: audit.log,
    secretsBox,
    nodeKeys: keys.nodes,
    jwt,
    tokenResolver,
    resolve: resolve as (credential: string) => Promise<Grant | undefined>,
    limit,
    tasks: queue.keeper,
    queue,
    passwords,
    throttle: new LoginThrottle(clock),
    ownOrigins: config.auth.own_origins,
    policy: backingPolicyFor(options.bindAddress, { stdioEnabled: config.stdio.enabled, commands: config.stdio.commands }),
    writeTools: config.security.enable_write_tools,
    subjects: sqlAccessSubjects({ db, bindings, clock }),
    authenticate: authenticateRequest({ resolve, limit, ownOrigins: config.auth.own_origins }),
    snapshot: (): Promise<Snapshot> =>
      readSnapshot({
        feed: audit.log.feed,
        projects: stores.projects,
        servers: stores.servers,
        writeTools: config.security.enable_write_tools,
        nodes: stores.nodes,
        nodeKeys: keys.nodes,
        secrets: stores.secrets,
        box: secretsBox,
        onUnreadable: (error) => options.log.error({ reason: error.reason }, error.message),
      }),
    async close() {
      await queue.close();
      await audit.stopListening();
      const lost = await audit.log.close();
      if (lost > 0) options.log.error({ lost }, "audit events could not be written");
    },
  };
}

export type StatusOf = (handle: string) => ServerResource["status"];

/** The audit log with its chain, and the feed of changes; on Postgres other processes are heard of at once. */
async function openLog(options: StartControlOptions): Promise<{ log: AuditLog; stopListening: () => Promise<void> }> {
  const { db, engine, databaseUrl, auditWriter, auditCheckpoints, auditThread, keys, config, clock, log } = options;
  const wakers = new Set<() => void>();
  const wake = () => {
    for (const waker of wakers) waker();
  };
  const onState = (state: { readonly kind: string; readonly cause?: unknown }) => {
    if (state.kind === "lost") log.warn({ err: state.cause }, "the database does not tell of changes now; they are looked for");
    else wake();
  };
  // Its driver is loaded where it is used.
  const { listenPostgres } = engine === "postgres" ? await import("../store/postgres/listen.ts") : {};
  const listening = listenPostgres?.(databaseUrl, CHANNEL, wake, onState);
  try {
    const opened = await openAuditLog(
      {
        db,
        writer: auditWriter,
        checkpoints: checkpointFile(auditCheckpoints, keys.auditCheckpoints),
        keepRequests: auditThread ? (writer) => startAuditThread({ databaseUrl, writer }) : undefined,
        clock,
        shared: engine !== "sqlite",
        notify: (tx, revision) => notify(tx, CHANNEL, String(revision)),
        onWake(waker) {
          wakers.add(waker);
          return () => wakers.delete(waker);
        },
        onFailure: (thrown) => log.error({ err: thrown }, "the audit log or the feed of changes failed; it is tried again"),
      },
      { retention: { auditMs: config.audit.retention_days === 0 ? FOR_EVER_MS : config.audit.retention_days * DAY_MS } },
    );
    return { log: opened, stopListening: async () => listening?.stop() };
  } catch (thrown) {
    await listening?.stop();
    throw thrown;
  }
}

function openStores(db: Kysely<Schema>, changes: ChangeLog) {
  return {
    users: sqlUserStore(db, changes),
    groups: sqlGroupStore(db, changes),
    definitions: sqlRbacStore(db, changes),
    projects: sqlProjectStore(db, changes),
    servers: sqlServerStore(db, changes),
    secrets: sqlSecretStore(db, changes),
    prompts: sqlPromptStore(db, changes),
    tokens: sqlMcpTokenStore(db, changes),
    gateways: sqlEnrolledGatewayStore(db, changes),
    ended: sqlEndedSessionStore(db, changes),
    accounts: sqlAccountStore(db, changes),
    sessions: sqlSessionStore(db, changes),
    nodes: sqlNodeStore(db, changes),
  };
}
