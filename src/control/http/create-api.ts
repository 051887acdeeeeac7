import { type Context, Hono } from "hono";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { AnyEndpoint } from "../../api/endpoint.ts";
import { callerOf, type Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import { type EdgePolicy, foreignPart } from "../../core/edge-policy.ts";
import { VERSION } from "../../core/version.ts";
import { type Actor, auditActor } from "../access/actor.ts";
import type { AuditSink } from "../change/change-log.ts";
import { requireScope } from "../identity/require-scope.ts";
import { parseBySchema, parseIfMatch, parseJsonBody } from "./parse-call.ts";
import { readBody } from "./read-body.ts";
import { ReplyWith, type Route } from "./route.ts";
import { type WireError, wireError } from "./wire-error.ts";

export interface ApiDeps {
  readonly edge: EdgePolicy;
  readonly ready: () => boolean;
  readonly newTraceId: (headers: Headers) => string;
  /** What the request's credential opens. Throws `unauthenticated`, or `unavailable` where nobody can tell. */
  readonly authenticate: (request: Request, address: string | undefined) => Promise<Grant>;
  readonly routes: readonly Route[];
  readonly audit: AuditSink;
  readonly clock: Clock;
  readonly onFailure: (error: AppError, traceId: string) => void;
}

/** Largest body of a request, in bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;
const BODY_LIMITS = { maxBytes: MAX_BODY_BYTES, timeoutMs: 60_000 };

interface Env {
  /** What the transport knows of the request. */
  readonly Bindings: { readonly address?: string };
  readonly Variables: { traceId: string };
}

export type Api = Hono<Env>;

/** mcpd's REST API. Every answer carries `X-Trace-Id`; a refusal is `{"error":{"code","message","trace_id",…}}`. */
export function createApi(deps: ApiDeps): Api {
  const app = new Hono<Env>();
  const fail = (c: Context<Env>, thrown: unknown, grant?: Grant) => {
    const failure = wireError(thrown, c.get("traceId"));
    if (failure.error.code === "internal") deps.onFailure(failure.error, c.get("traceId"));
    recordRefusal(deps, c, failure, grant);
    const challenge = failure.status === 401 ? { "www-authenticate": 'Bearer realm="mcpd"' } : {};
    const retry = failure.status === 429 || failure.status === 503 ? { "retry-after": String(failure.error.retryAfterSeconds ?? 1) } : {};
    return c.json(failure.body, failure.status as 400, { ...challenge, ...retry });
  };

  app.use(async (c, next) => {
    c.set("traceId", deps.newTraceId(c.req.raw.headers));
    c.header("x-trace-id", c.get("traceId"));
    const health = c.req.path === "/" || c.req.path === "/readyz" || c.req.path.startsWith("/health");
    const foreign = health ? undefined : foreignPart(deps.edge, c.req.header("host") ?? null, c.req.header("origin") ?? null);
    if (foreign !== undefined) return fail(c, new AppError("denied", "ORIGIN_DENIED", `This ${foreign} may not call`));
    return next();
  });

  const about = { name: "mcpd", version: VERSION };
  for (const path of ["/", "/health", "/healthz"]) app.get(path, (c) => c.json({ status: "ok", ...about }));
  app.get("/readyz", (c) => (deps.ready() ? c.json({ status: "ok", ...about }) : c.json({ status: "unavailable", ...about }, 503)));

  for (const each of deps.routes) {
    app.on(each.endpoint.method, each.endpoint.path, async (c) => {
      let grant: Grant | undefined;
      try {
        const { request, address } = { request: c.req.raw, address: c.env?.address };
        if (each.open)
          return respond(c, each.endpoint, await each.handle({ ...(await parseCall(c, each.endpoint)), bearer: bearerOf(request) }));
        grant = await deps.authenticate(request, address);
        const actor: Actor = { caller: callerOf(grant), traceId: c.get("traceId"), address };
        admit(each.endpoint, actor, c.req.param());
        requireScope(each.endpoint, actor.caller);
        return respond(c, each.endpoint, await each.handle({ ...(await parseCall(c, each.endpoint)), actor, grant }));
      } catch (thrown) {
        return fail(c, thrown, grant);
      }
    });
  }
  refuseOtherMethods(app, deps.routes, fail);
  // Whether a path exists is nobody's business without a credential.
  app.all("/api/*", async (c) => {
    try {
      await deps.authenticate(c.req.raw, c.env?.address);
    } catch (thrown) {
      return fail(c, thrown);
    }
    return fail(c, notFound());
  });
  app.notFound((c) => fail(c, notFound()));
  app.onError((thrown, c) => fail(c, thrown));
  return app;
}

function notFound(): AppError {
  return new AppError("not_found", "PATH_UNKNOWN", "There is nothing at this path");
}

function refuseOtherMethods(app: Api, routes: readonly Route[], fail: (c: Context<Env>, thrown: unknown) => Response): void {
  const methods = Map.groupBy(routes, ({ endpoint }) => endpoint.path.replaceAll(/:[a-zA-Z]+/g, ":x"));
  for (const group of methods.values()) {
    const allowed = group.map(({ endpoint }) => endpoint.method).join(", ");
    for (const path of new Set(group.map(({ endpoint }) => endpoint.path))) {
      app.all(path, (c) => {
        c.header("allow", allowed);
        return fail(c, new AppError("unimplemented", "METHOD_NOT_ALLOWED", `${c.req.method.slice(0, 20)} is not a method of this path`));
      });
    }
  }
}

/** Which kinds of credentials an endpoint takes; a token only on its own project's paths. */
function admit(endpoint: AnyEndpoint, { caller: { principal } }: Actor, params: Record<string, string>): void {
  const wrong = (message: string) => new AppError("denied", "CREDENTIAL_KIND_WRONG", message);
  if (endpoint.credential === "gateway" && principal.kind !== "gateway") throw wrong("This path is for enrolled gateways");
  if (endpoint.credential === "session" && principal.kind !== "user") throw wrong("This path takes a session of a user");
  if (endpoint.credential === "any" && principal.kind === "gateway")
    throw wrong("A gateway's key opens the paths below /api/v1/gateway alone");
  if (principal.kind !== "token" || endpoint.tokens === "self") return;
  if (params.project === undefined) throw wrong("A token opens the paths of its own project alone");
  if (params.project !== principal.project) throw wrong("The token does not belong to this project");
}

async function parseCall(c: Context<Env>, endpoint: AnyEndpoint) {
  const query = parseBySchema(endpoint.query, c.req.query(), "query");
  const takesBody = endpoint.body.type !== "undefined";
  const body = takesBody ? parseBySchema(endpoint.body, await readJson(c.req.raw), "body") : undefined;
  const ifMatch = parseIfMatch(c.req.header("if-match") ?? null);
  return { params: c.req.param(), query, body, ifMatch, traceId: c.get("traceId"), address: c.env?.address, request: c.req.raw };
}

async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new AppError("invalid", "MEDIA_TYPE_UNSUPPORTED", "The Content-Type must be application/json");
  }
  return parseJsonBody(await readBody(request, BODY_LIMITS));
}

function respond(c: Context<Env>, endpoint: AnyEndpoint, result: unknown): Response {
  if (result instanceof Response) {
    result.headers.set("x-trace-id", c.get("traceId"));
    return result;
  }
  const { body, headers } = result instanceof ReplyWith ? result : { body: result, headers: {} };
  const version = (body as { version?: unknown } | undefined)?.version;
  const tag = typeof version === "number" ? { etag: `"${version}"` } : {};
  const all = { "cache-control": "no-store", ...tag, ...headers };
  return endpoint.status === 204 ? c.body(null, 204, all) : c.json(body as object, endpoint.status, all);
}

/** Refusals that role bindings decide. */
const RBAC_REASONS: ReadonlySet<string> = new Set(["PERMISSION_DENIED", "RIGHTS_NOT_HELD"]);

/** Every refusal is audited; a failure of the caller's own making, such as a bad field, is none. */
function recordRefusal(
  deps: ApiDeps,
  c: Context<Env>,
  { status, error, body }: WireError & { error: AppError },
  grant: Grant | undefined,
): void {
  if (status !== 401 && status !== 403 && status !== 429) return;
  const anonymous = { actorKind: "none", actorId: "", actorName: "", traceId: c.get("traceId"), address: c.env?.address } as const;
  const actor =
    grant === undefined ? anonymous : auditActor({ caller: callerOf(grant), traceId: c.get("traceId"), address: c.env?.address });
  const draft: AuditDraft = {
    ...actor,
    kind: RBAC_REASONS.has(error.reason) ? "rbac_decision" : "gate_decision",
    outcome: "refused",
    at: deps.clock.now().toISOString(),
    method: `${c.req.method} ${c.req.routePath === "/*" ? c.req.path : c.req.routePath}`.slice(0, 80),
    status,
    code: body.error.code,
    detail: { reason: error.reason, message: error.message },
  };
  deps.audit.record(draft);
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}
