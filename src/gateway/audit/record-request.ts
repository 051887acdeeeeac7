import type { AuditDraft } from "../../api/audit-event.ts";
import type { Clock } from "../../core/clock.ts";
import type { Served } from "../access/resolve-place.ts";
import type { Outcome } from "../outcome.ts";
import { auditDraftOf, type Ending } from "./audit-draft-of.ts";
import type { RequestObserver } from "./finished-request.ts";
import type { RequestTrail } from "./request-trail.ts";

export interface RecordDeps {
  /** Never throws and never waits. */
  readonly audit: (draft: AuditDraft) => void;
  /** Hears of each request that is over; undefined where nobody wants to. */
  readonly observe: RequestObserver | undefined;
  readonly served: Pick<Served, "server">;
  readonly clock: Clock;
  readonly monotonicNow: () => number;
}

/** Writes down a request when it is over: one that streams, or is answered on another stream, when its answer is there. Health is not written down. */
export function recordRequest(deps: RecordDeps, trail: RequestTrail, outcome: Outcome): void {
  if (outcome.kind === "health" || trail.inParts) return;
  if (outcome.kind === "stream" || outcome.kind === "posted") void outcome.settled.then((ending) => record(deps, trail, ending));
  else record(deps, trail, outcome);
}

function record(deps: RecordDeps, trail: RequestTrail, ending: Ending): void {
  const durationMs = deps.monotonicNow() - trail.startedAt;
  const draft = auditDraftOf(trail, ending, deps.clock.now(), durationMs);
  if (deps.observe !== undefined) observe(deps.observe, deps.served, trail, draft, durationMs);
  if (draft !== undefined) deps.audit(draft);
}

/** A notification has no event: it was taken. */
const TAKEN = { outcome: "ok", code: undefined, status: 202 } as const;

function observe(
  tell: RequestObserver,
  served: RecordDeps["served"],
  trail: RequestTrail,
  draft: AuditDraft | undefined,
  durationMs: number,
): void {
  const named = trail.server;
  const server = named !== undefined && served.server(named) !== undefined ? named : undefined;
  const { outcome, code, status = 200 } = draft ?? TAKEN;
  tell({ trail, server, outcome, code, status, durationMs });
}
