import { audit } from "../../api/endpoints/audit-endpoints.ts";
import type { Grant } from "../../api/grant.ts";
import { AppError } from "../../core/app-error.ts";
import { type Caller, requireAccess } from "../../core/caller.ts";
import { requireVisible, visibleProjects } from "../audit/audit-access.ts";
import type { AuditStore } from "../audit/audit-store.ts";
import type { AuditTail } from "../audit/audit-tail.ts";
import type { AuditVerdict } from "../audit/verify-audit.ts";
import { afterOf } from "../page/page.ts";
import { auditStream } from "./audit-stream.ts";
import { type Route, route } from "./route.ts";

export interface AuditRoutesDeps {
  readonly store: AuditStore;
  readonly tail: AuditTail;
  readonly verify: (signal: AbortSignal) => Promise<AuditVerdict>;
  /** As `ApiDeps.authenticate`: a stream ends when its credential opens it no longer. */
  readonly authenticate: (request: Request, address: string | undefined) => Promise<Grant>;
  /** Aborted when the server stops: then every stream ends. */
  readonly stopping: AbortSignal;
}

export function auditRoutes(deps: AuditRoutesDeps): Route[] {
  const verify = shared(deps.verify, deps.stopping);
  return [
    route(audit.list, async ({ actor, query: { limit, cursor, sort, ...filter } }) => {
      const projects = visibleProjects(actor.caller, filter.project);
      const page = { limit, after: afterOf(cursor), descending: sort === "-at" };
      const { items, nextCursor } = await deps.store.list({ filter, projects }, page);
      return { items: [...items], nextCursor };
    }),
    route(audit.get, async ({ actor, params: { id } }) => {
      visibleProjects(actor.caller);
      const event = await deps.store.get(id);
      if (event === undefined) throw new AppError("not_found", "AUDIT_EVENT_UNKNOWN", "There is no audit event of this id");
      requireVisible(actor.caller, event);
      return event;
    }),
    route(audit.tail, async ({ actor, address, request, query: filter }) => {
      const projectsOf = (caller: Caller) => visibleProjects(caller, filter.project);
      return auditStream({ ...deps, filter, projects: projectsOf(actor.caller), request, address, projectsOf });
    }),
    route(audit.verify, async ({ actor }) => {
      requireAccess(actor.caller, { verb: "view", resource: "audit" });
      return verify();
    }),
  ];
}

/** To read all events costs seconds: whoever asks meanwhile gets the answer that is on its way. */
function shared(verify: AuditRoutesDeps["verify"], stopping: AbortSignal): () => Promise<AuditVerdict> {
  let running: Promise<AuditVerdict> | undefined;
  return () => {
    running ??= verify(stopping).finally(() => {
      running = undefined;
    });
    return running;
  };
}
