import type { AuditDraft } from "../../api/audit-event.ts";
import type { FeedEvent } from "../../api/feed-event.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import { generateToken, hashToken } from "../../core/mcp-token.ts";
import { type CredentialResolver, resolveBy } from "../access/credential-resolver.ts";
import type { ChangeFeed, ChangeLog } from "../change/change-log.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { sqlEndedSessionStore } from "../ended-session/sql-ended-session-store.ts";
import { gatewayKeyResolver } from "../enrolled-gateway/gateway-key-resolver.ts";
import { sqlEnrolledGatewayStore } from "../enrolled-gateway/sql-enrolled-gateway-store.ts";
import { authenticateRequest } from "../identity/authenticate-request.ts";
import { sqlServerStore } from "../server/sql-server-store.ts";
import { sqlTaskStore } from "../task/sql-task-store.ts";
import { TaskKeeper } from "../task/task-keeper.ts";
import { introspectionLimit } from "../token/introspection-limit.ts";
import { operatorKeyResolver } from "../token/operator-key-resolver.ts";
import { tokenSetup } from "../token/tokens.fixture.ts";
import { createApi } from "./create-api.ts";
import { gatewayPlaneRoutes } from "./gateway-plane-routes.ts";
import { gatewayRoutes } from "./gateway-routes.ts";
import { mcpTokenRoutes } from "./mcp-token-routes.ts";
import { projectRoutes } from "./project-routes.ts";

const OPERATOR_KEY = `mcpctl_op_${generateToken().slice("mcpctl_pat_".length)}`;

/** Guesses a minute that one address has here. */
export const GUESSES = 5;

interface CallOptions {
  readonly bearer?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
  readonly signal?: AbortSignal;
}

/** A feed of this test alone: `announce` is what a commit does elsewhere. */
function testFeed(): ChangeFeed & { readonly listeners: Set<unknown>; readonly announce: (touched: FeedEvent["touched"]) => void } {
  const listeners = new Set<(event: FeedEvent) => void>();
  let revision = 7;
  return {
    listeners,
    revision: async () => revision,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    announce(touched) {
      revision += 1;
      for (const listener of [...listeners]) listener({ revision, touched });
    },
  };
}

/** mcpd's API over the real use cases and a database in memory, called by the operator's key where nothing else is said. */
export async function controlApi({ withoutTokens = false } = {}) {
  const given = await tokenSetup();
  const { db, deps, resolver } = given;
  const { clock } = deps;
  const feed = testFeed();
  const plain = plainChangeLog(db);
  const log: ChangeLog = {
    async commit(write) {
      const known = plain.changes.length;
      const result = await plain.commit(write);
      for (const { touched } of plain.changes.slice(known)) feed.announce([...touched]);
      return result;
    },
  };
  const gateways = sqlEnrolledGatewayStore(db, log);
  const ended = sqlEndedSessionStore(db, log);
  const tasks = new TaskKeeper({ tasks: sqlTaskStore(db), clock });
  const limit = introspectionLimit(clock, GUESSES);
  const stopping = new AbortController();
  const audited: AuditDraft[] = [];
  const audit = { record: (draft: AuditDraft) => void audited.push(draft) };
  const resolvers: CredentialResolver[] = [operatorKeyResolver(hashToken(OPERATOR_KEY)), gatewayKeyResolver({ gateways, clock })];
  const resolve = resolveBy(withoutTokens ? resolvers : [...resolvers, resolver]);
  const statusOf = () => null;
  const snapshot = async () => ({ revision: 7, projects: [], servers: [], secrets: { key: "value" } });
  const sessionKeys = () => [{ number: 2, key: "a2V5" }];
  const api = createApi({
    edge: edgePolicyFor("127.0.0.1"),
    ready: () => true,
    newTraceId: () => "trace",
    authenticate: authenticateRequest({ resolve, limit, ownOrigins: [] }),
    routes: [
      ...mcpTokenRoutes({ ...deps, introspection: { resolver, limit } }),
      ...projectRoutes({ ...deps, servers: sqlServerStore(db, log), statusOf, writeTools: false }),
      ...gatewayRoutes({ ...deps, gateways }),
      ...gatewayPlaneRoutes({
        resolve,
        limit,
        snapshot,
        sessionKeys,
        gateways,
        ended,
        tasks,
        feed,
        audit,
        clock,
        stopping: stopping.signal,
      }),
    ],
    audit,
    clock,
    onFailure: (error) => {
      throw error;
    },
  });
  const send = async (method: string, path: string, options: CallOptions = {}): Promise<Response> => {
    const { bearer = OPERATOR_KEY, body, headers, address = "10.0.0.9", signal } = options;
    const init = {
      method,
      headers: {
        host: "127.0.0.1:3100",
        ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    };
    return api.fetch(new Request(`http://127.0.0.1:3100${path}`, init), { address });
  };
  const call = async (method: string, path: string, options: CallOptions = {}) => {
    const response = await send(method, path, options);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  };
  return { ...given, gatewayChanges: plain.changes, audited, feed, stopping, gateways, ended, send, call };
}
