import type { AuditDraft } from "../../api/audit-event.ts";
import type { Clock } from "../../core/clock.ts";
import type { Outcome } from "../outcome.ts";
import { auditDraftOf, type Ending } from "./audit-draft-of.ts";
import type { RequestTrail } from "./request-trail.ts";

export interface RecordDeps {
  readonly audit: (draft: AuditDraft) => void;
  readonly clock: Clock;
  readonly monotonicNow: () => number;
}

/** Writes down a request when it is over: one that streams when its answer is there. Health is not written down. */
export function recordRequest(deps: RecordDeps, trail: RequestTrail, outcome: Outcome): void {
  if (outcome.kind === "health" || trail.inParts) return;
  if (outcome.kind === "stream") void outcome.settled.then((ending) => record(deps, trail, ending));
  else record(deps, trail, outcome);
}

function record(deps: RecordDeps, trail: RequestTrail, ending: Ending): void {
  const draft = auditDraftOf(trail, ending, deps.clock.now(), deps.monotonicNow() - trail.startedAt);
  if (draft !== undefined) deps.audit(draft);
}
