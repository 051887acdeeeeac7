import type { AuditDraft } from "../../api/audit-event.ts";

/** What two events that follow each other mostly have in common, in the order in which it is written. */
const SHARED = {
  kind: true,
  outcome: true,
  actorKind: true,
  actorId: true,
  actorName: true,
  user: true,
  tokenName: true,
  tokenSha: true,
  project: true,
  server: true,
  tool: true,
  method: true,
  action: true,
  resource: true,
  resourceName: true,
  status: true,
  code: true,
  address: true,
} satisfies Record<Exclude<keyof AuditDraft, "at" | "traceId" | "durationMs" | "detail">, true>;

const SHARED_KEYS = Object.keys(SHARED) as (keyof typeof SHARED)[];

/**
 * The JSON text of events, one after another. What the one before said too is taken over as it was written: of two calls of
 * one tool all but the time, the trace and the size is the same, and to write it anew costs five times as much.
 */
export class DraftTexts {
  #last: AuditDraft | undefined;
  /** Of the last one: what is shared, without the brace that closes it. */
  #shared = "";

  /** Throws what JSON.stringify throws. */
  textOf(draft: AuditDraft): string {
    if (this.#last === undefined || !isLike(draft, this.#last)) {
      this.#shared = JSON.stringify(draft, SHARED_KEYS).slice(0, -1);
      this.#last = draft;
    }
    const { at, traceId, durationMs, detail } = draft;
    let text = `${this.#shared},"at":${JSON.stringify(at)}`;
    if (traceId !== undefined) text += `,"traceId":${JSON.stringify(traceId)}`;
    if (durationMs !== undefined) text += `,"durationMs":${JSON.stringify(durationMs)}`;
    if (detail !== undefined) text += `,"detail":${JSON.stringify(detail)}`;
    return `${text}}`;
  }
}

function isLike(draft: AuditDraft, last: AuditDraft): boolean {
  for (const key of SHARED_KEYS) if (draft[key] !== last[key]) return false;
  return true;
}
