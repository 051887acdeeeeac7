import type { AuditEvent } from "../../api/audit-event.ts";
import type { AuditFilter } from "../../api/endpoints/audit-endpoints.ts";
import { callerOf, type Grant } from "../../api/grant.ts";
import type { Caller } from "../../core/caller.ts";
import type { AllowedNames } from "../../core/permission.ts";
import type { AuditTail } from "../audit/audit-tail.ts";
import { EventBuffer } from "../audit/event-buffer.ts";
import { eventStream } from "./event-stream.ts";

export interface AuditStreamOptions {
  readonly tail: AuditTail;
  readonly filter: AuditFilter;
  readonly projects: AllowedNames;
  readonly request: Request;
  readonly address: string | undefined;
  readonly authenticate: (request: Request, address: string | undefined) => Promise<Grant>;
  /** Throws where the caller may see nothing of what is asked for. */
  readonly projectsOf: (caller: Caller) => AllowedNames;
  readonly stopping: AbortSignal;
  readonly heartbeatMs?: number;
}

/** Events that one slow reader may have waiting. */
const MAX_WAITING = 1000;

/**
 * Events as server-sent events, until the reader goes, the server stops or the credential opens them no longer.
 * A reader that is too slow gets an event of the code `audit_skipped` with their number in place of those it missed.
 */
export function auditStream(options: AuditStreamOptions): Response {
  const { tail, filter, projects, request, stopping, heartbeatMs } = options;
  const buffer = new EventBuffer<AuditEvent>(MAX_WAITING);
  const unsubscribe = tail.subscribe({ filter, projects }, buffer);
  return eventStream({ buffer, unsubscribe, skippedEvent, stillAllowed: recheck(options), request, stopping, heartbeatMs });
}

/**
 * Whether the credential still opens the same projects as when the stream began: with others, the reader asks anew and
 * is told what it may see.
 */
function recheck({ request, address, authenticate, projectsOf, projects }: AuditStreamOptions): () => Promise<boolean> {
  // The first one is not to be had any more when its answer has begun.
  const again = new Request(request.url, { headers: request.headers });
  return async () => {
    try {
      const now = projectsOf(callerOf(await authenticate(again, address)));
      return now === "all" || projects === "all" ? now === projects : now.symmetricDifference(projects).size === 0;
    } catch {
      return false;
    }
  };
}

/** No event of any chain, but read as one: clients know no other shape. */
function skippedEvent(skipped: number): AuditEvent {
  return {
    id: "skipped",
    writer: "",
    sequence: 0,
    hash: "",
    kind: "gate_decision",
    outcome: "failed",
    at: new Date().toISOString(),
    actorKind: "system",
    actorId: "system",
    actorName: "system",
    code: "audit_skipped",
    detail: { skipped },
  };
}
