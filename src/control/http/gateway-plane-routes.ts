import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { Grant } from "../../api/grant.ts";
import type { Snapshot } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import type { AuditSink, ChangeFeed } from "../change/change-log.ts";
import { endMcpSession, listEndedSessions } from "../ended-session/end-mcp-session.ts";
import type { EndedSessionStore } from "../ended-session/ended-session-store.ts";
import { auditIntake } from "../enrolled-gateway/audit-intake.ts";
import type { EnrolledGatewayStore } from "../enrolled-gateway/enrolled-gateway-store.ts";
import { watchStream } from "../enrolled-gateway/watch-stream.ts";
import { addressKey } from "../identity/address-key.ts";
import type { TaskKeeper } from "../task/task-keeper.ts";
import type { IntrospectionLimit } from "../token/introspection-limit.ts";
import { type Route, route } from "./route.ts";

export interface GatewayPlaneDeps {
  /** What a credential of any kind opens. */
  readonly resolve: (credential: string) => Promise<Grant | undefined>;
  readonly limit: IntrospectionLimit;
  readonly snapshot: () => Promise<Snapshot>;
  /** The keys that seal MCP session ids, the current one first; base64. */
  readonly sessionKeys: () => readonly { readonly number: number; readonly key: string }[];
  readonly gateways: Pick<EnrolledGatewayStore, "byId">;
  readonly ended: EndedSessionStore;
  readonly tasks: Pick<TaskKeeper, "claim" | "renew" | "finish" | "release" | "list" | "find" | "cancel">;
  readonly feed: ChangeFeed;
  readonly audit: AuditSink;
  readonly clock: Clock;
  /** Aborted when the server stops: the watches end. */
  readonly stopping: AbortSignal;
  readonly heartbeatMs?: number;
}

/** Bun closes a connection that is quiet for its idle timeout: that must be longer. */
const HEARTBEAT_MS = 10_000;

const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // nginx would hold events back otherwise.
  "x-accel-buffering": "no",
};

/** What an enrolled gateway asks of mcpd. */
export function gatewayPlaneRoutes(deps: GatewayPlaneDeps): Route[] {
  const { gatewayPlane } = ENDPOINTS;
  const intake = auditIntake(deps.audit);
  return [
    route(gatewayPlane.introspect, async ({ actor, body }) => {
      const key = `${gatewayOf(actor).id} ${addressKey(body.address)}`;
      return { grant: (await deps.limit.guard(key, () => deps.resolve(body.credential))) ?? null };
    }),
    route(gatewayPlane.snapshot, () => deps.snapshot()),
    route(gatewayPlane.keys, async () => ({ keys: [...deps.sessionKeys()] })),
    route(gatewayPlane.watch, async ({ actor }) => {
      const gatewayId = gatewayOf(actor).id;
      const isEnrolled = async () => (await deps.gateways.byId(gatewayId)) !== undefined;
      const { feed, stopping, heartbeatMs = HEARTBEAT_MS } = deps;
      return new Response(watchStream({ feed, gatewayId, isEnrolled, stopping, heartbeatMs }), { headers: EVENT_STREAM });
    }),
    route(gatewayPlane.endedSessions, async () => {
      const items = await listEndedSessions(deps);
      return { items: items.map(({ idHash, expiresAt }) => ({ idHash, expiresAt: expiresAt.toISOString() })) };
    }),
    route(gatewayPlane.endSession, async ({ actor, body }) => {
      await endMcpSession(deps, actor, { idHash: body.idHash, expiresAt: new Date(body.expiresAt) });
      return undefined;
    }),
    route(gatewayPlane.audit, async ({ actor, body }) => {
      intake.take(gatewayOf(actor), body.batchId, body.events);
      return undefined;
    }),
    ...taskRoutes(deps.tasks),
  ];
}

/** A lease is told by its owner, a secret that the claimant has made; which gateway has it is not asked. */
function taskRoutes(tasks: GatewayPlaneDeps["tasks"]): Route[] {
  const { gatewayPlane } = ENDPOINTS;
  return [
    route(gatewayPlane.claimTask, ({ body }) => tasks.claim(body)),
    route(gatewayPlane.renewTask, async ({ body: { leaseMs, ...lease } }) => ({ renewed: await tasks.renew(lease, leaseMs) })),
    route(gatewayPlane.finishTask, async ({ body: { outcome, ...lease } }) => ({ task: (await tasks.finish(lease, outcome)) ?? null })),
    route(gatewayPlane.releaseTask, async ({ body }) => {
      await tasks.release(body);
      return undefined;
    }),
    route(gatewayPlane.listTasks, async ({ body }) => ({ tasks: [...(await tasks.list(body))] })),
    route(gatewayPlane.findTask, async ({ body }) => ({ found: (await tasks.find(body)) ?? null })),
    route(gatewayPlane.cancelTask, async ({ body }) => ({ found: (await tasks.cancel(body)) ?? null })),
  ];
}

/** The router lets nobody else in. */
function gatewayOf({ caller: { principal } }: Actor): { readonly id: string; readonly name: string } {
  if (principal.kind === "gateway") return principal;
  throw new AppError("denied", "CREDENTIAL_KIND_WRONG", "This path is for enrolled gateways");
}
