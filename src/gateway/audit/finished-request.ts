import type { AuditDraft } from "../../api/audit-event.ts";
import type { RequestTrail } from "./request-trail.ts";

/** A request that is over, for who counts, logs or traces. Each message of a batch is one. */
export interface FinishedRequest {
  readonly trail: RequestTrail;
  /** The server it was about, where there is one of this handle: what a client makes up is not in it. */
  readonly server: string | undefined;
  readonly outcome: AuditDraft["outcome"];
  /** Why it was refused or failed; may hold what a server made up. */
  readonly code: string | undefined;
  /** Of HTTP. */
  readonly status: number;
  /** From its arrival to its answer, in ms. */
  readonly durationMs: number;
}

/** Never throws and never waits: it is called on every request. */
export type RequestObserver = (request: FinishedRequest) => void;
