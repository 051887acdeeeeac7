import type { Kysely } from "kysely";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { Grant } from "../../api/grant.ts";
import type { ServerResource } from "../../api/resources/server.ts";
import { AppError } from "../../core/app-error.ts";
import { edgePolicyFor } from "../../core/edge-policy.ts";
import { ALL_BINDINGS, type RoleBinding } from "../../core/permission.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import type { Schema } from "../../store/schema.ts";
import type { BackingPolicy } from "../server/backing-policy.ts";
import type { ServerLogListener, ServerLogSource } from "../server/server-log-source.ts";
import { type Nouns, nounsWithUsers } from "../snapshot/nouns.fixture.ts";
import { createApi } from "./create-api.ts";
import { nodeRoutes } from "./node-routes.ts";
import { projectRoutes } from "./project-routes.ts";
import { promptRoutes } from "./prompt-routes.ts";
import { secretRoutes } from "./secret-routes.ts";
import { serverLogRoutes } from "./server-log-routes.ts";
import { serverRoutes } from "./server-routes.ts";

export const READY: ServerResource["status"] = { state: "ready", tools: 3, stale: false };

/** What a request was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON; tests compare what they expect.
  readonly body: any;
}

/** The API of projects, servers, secrets and prompts, to be called as anybody. */
export interface NounApi {
  readonly nouns: Nouns;
  readonly audited: AuditDraft[];
  /** `call("GET", "/projects")` as the administrator `ada`; `as` is `ada`, or who was made by `grant`. */
  call(method: string, path: string, options?: { body?: unknown; as?: string; ifMatch?: string }): Promise<Answer>;
  /** The same, with the answer as it comes: for streams. */
  open(path: string, as?: string, signal?: AbortSignal): Promise<Response>;
  /** What processes beside this mcpd say, by handle. */
  readonly logs: FakeLogs;
  /** Aborted, it stops. */
  readonly stopping: AbortController;
  /** From here on the user of this name has these rights. */
  grant(name: string, ...bindings: readonly RoleBinding[]): void;
  /** From here on this token of the project `demo` has these rights. */
  grantToken(name: string, ...bindings: readonly RoleBinding[]): void;
}

/** Logs of processes that a test plays: two lines are there, others come on command. */
export class FakeLogs implements ServerLogSource {
  readonly running = new Set<string>();
  readonly followers = new Set<ServerLogListener>();

  read(handle: string, tail: number) {
    if (!this.running.has(handle)) return undefined;
    const items = ["one", "two"].map((text, at) => ({ at: "2026-01-02T03:04:05.678Z", life: at + 1, text }));
    return { items: items.slice(Math.max(0, items.length - tail)), dropped: 3 };
  }

  follow(_: string, listener: ServerLogListener) {
    this.followers.add(listener);
    return () => this.followers.delete(listener);
  }

  say(text: string): void {
    for (const { line } of this.followers) line({ at: "2026-01-02T03:04:06.000Z", life: 2, text });
  }

  end(): void {
    for (const { end } of this.followers) end();
  }
}

/** `policy` is what the installation lets stand behind servers; by default what one on loopback does. */
export async function withNounApi(run: (api: NounApi) => Promise<void>, policy?: BackingPolicy): Promise<void> {
  const db: Kysely<Schema> = await openMemoryDatabase();
  try {
    const nouns = await nounsWithUsers(db);
    await run(nounApiOn({ ...nouns, policy: policy ?? nouns.policy }));
  } finally {
    await db.destroy();
  }
}

function nounApiOn(nouns: Nouns): NounApi {
  const grants = new Map<string, Grant>();
  const audited: AuditDraft[] = [];
  const bindingsOf = (bindings: readonly RoleBinding[]) => bindings.map((binding) => ({ binding, source: "test" }));
  const grant = (name: string, ...bindings: readonly RoleBinding[]) =>
    void grants.set(name, { principal: { kind: "user", id: `usr_${name}`, name }, bindings: bindingsOf(bindings), scopes: [] });
  grant("ada", ...ALL_BINDINGS);
  const statusOf = (handle: string) => (handle === "content" ? READY : null);
  const logs = new FakeLogs();
  const stopping = new AbortController();
  const authenticate = async (request: Request) => {
    const found = grants.get(request.headers.get("authorization")?.slice("Bearer ".length) ?? "");
    if (found === undefined) throw new AppError("unauthenticated", "CREDENTIAL_INVALID", "Bearer token required");
    return found;
  };
  const api = createApi({
    edge: edgePolicyFor("127.0.0.1"),
    ready: () => true,
    newTraceId: () => "trace-1",
    authenticate,
    routes: [
      ...projectRoutes({ ...nouns, statusOf, writeTools: false }),
      ...serverRoutes({ ...nouns, statusOf, writeTools: false }),
      ...serverLogRoutes({ servers: nouns.servers, logs, authenticate, stopping: stopping.signal, heartbeatMs: 5 }),
      ...secretRoutes(nouns),
      ...nodeRoutes(nouns),
      ...promptRoutes(nouns),
    ],
    audit: { record: (draft) => void audited.push(draft) },
    clock: nouns.clock,
    onFailure: (error) => {
      throw error.cause ?? error;
    },
  });
  return {
    nouns,
    audited,
    logs,
    stopping,
    async open(path, as = "ada", signal) {
      const headers = { host: "127.0.0.1:3100", authorization: `Bearer ${as}` };
      return api.fetch(new Request(`http://127.0.0.1:3100/api/v1${path}`, { headers, ...(signal === undefined ? {} : { signal }) }));
    },
    grant,
    grantToken(name, ...bindings) {
      const principal = {
        kind: "token",
        id: `tok_${name}`,
        name,
        sha: "ab".repeat(32),
        project: "demo",
        ownerId: "usr_ada",
        owner: "ada",
      } as const;
      grants.set(name, { principal, bindings: bindingsOf(bindings), ownerBindings: bindingsOf(ALL_BINDINGS), scopes: [] });
    },
    async call(method, path, { body, as = "ada", ifMatch } = {}) {
      const json = body === undefined ? {} : { "content-type": "application/json" };
      const match = ifMatch === undefined ? {} : { "if-match": ifMatch };
      const headers = { host: "127.0.0.1:3100", authorization: `Bearer ${as}`, ...json, ...match };
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const request = new Request(`http://127.0.0.1:3100/api/v1${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: text }),
      });
      const response = await api.fetch(request);
      const answer = await response.text();
      return { status: response.status, headers: response.headers, body: answer === "" ? undefined : JSON.parse(answer) };
    },
  };
}
