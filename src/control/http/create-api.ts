import { Hono } from "hono";
import type { ServerStatus } from "../../api/server-status.ts";
import { type EdgePolicy, foreignPart } from "../../core/edge-policy.ts";
import { hashToken, timingSafeEqualHex } from "../../core/mcp-token.ts";
import { VERSION } from "../../core/version.ts";

export interface ApiDeps {
  readonly edge: EdgePolicy;
  readonly ready: () => boolean;
  readonly serverStatuses: () => readonly ServerStatus[];
  /** SHA-256 of the key with which this machine's own commands come. */
  readonly operatorKeyHash: string;
  readonly newTraceId: (headers: Headers) => string;
}

/** mcpd's REST API. Every answer carries `X-Trace-Id`; a refusal is `{"error":{"code","message","trace_id"}}`. */
export function createApi(deps: ApiDeps): Hono<{ Variables: { traceId: string } }> {
  const app = new Hono<{ Variables: { traceId: string } }>();
  const refuse = (traceId: string, code: string, message: string) => ({ error: { code, message, trace_id: traceId } });

  app.use(async (c, next) => {
    const traceId = deps.newTraceId(c.req.raw.headers);
    c.set("traceId", traceId);
    c.header("x-trace-id", traceId);
    const health = c.req.path === "/" || c.req.path === "/readyz" || c.req.path.startsWith("/health");
    const foreign = health ? undefined : foreignPart(deps.edge, c.req.header("host") ?? null, c.req.header("origin") ?? null);
    if (foreign !== undefined) return c.json(refuse(traceId, "origin_denied", `This ${foreign} may not call`), 403);
    return next();
  });

  const about = { name: "mcpd", version: VERSION };
  for (const path of ["/", "/health", "/healthz"]) app.get(path, (c) => c.json({ status: "ok", ...about }));
  app.get("/readyz", (c) => (deps.ready() ? c.json({ status: "ok", ...about }) : c.json({ status: "unavailable", ...about }, 503)));

  app.use("/api/*", async (c, next) => {
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (bearer !== undefined && timingSafeEqualHex(hashToken(bearer), deps.operatorKeyHash)) return next();
    const message = bearer === undefined ? "Bearer token required" : "Invalid token: it opens nothing here";
    return c.json(refuse(c.get("traceId"), "unauthenticated", message), 401, { "www-authenticate": 'Bearer realm="mcpd"' });
  });
  app.get("/api/v1/servers", (c) => c.json({ items: deps.serverStatuses() }));

  app.notFound((c) => c.json(refuse(c.get("traceId"), "not_found", "There is nothing at this path"), 404));
  app.onError((_, c) => c.json(refuse(c.get("traceId"), "internal_error", "Something failed inside; the log has the details"), 500));
  return app;
}
