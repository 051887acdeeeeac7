import type { AuditDraft } from "../../api/audit-event.ts";
import type { Clock } from "../../core/clock.ts";
import type { AuditBatch } from "./audit-batch.ts";
import { type LooseRow, rowOfDraft } from "./audit-row.ts";

/** What an event of the audit log about itself says beside what happened. */
const OWN = { kind: "gate_decision", outcome: "failed", actorKind: "system", actorId: "system", actorName: "system" } as const;

/** An event of the audit log about itself. */
export function ownDraft(at: Date, code: string, detail?: AuditDraft["detail"]): AuditDraft {
  return { ...OWN, at: at.toISOString(), code, ...(detail === undefined ? {} : { detail }) };
}

/** The rows of a batch, in their order; first how many events before it were dropped, if any were. Never throws. */
export function batchRows({ texts, dropped }: AuditBatch, clock: Clock): LooseRow[] {
  const now = () => clock.now();
  const rows = dropped === 0 ? [] : [rowOfDraft(ownDraft(now(), "audit_dropped", { dropped }), now)];
  for (const text of texts) rows.push(rowOfText(text, now));
  return rows;
}

/** A draft that cannot be made a row must not keep those behind it from being written. */
function rowOfText(text: string, now: () => Date): LooseRow {
  try {
    return rowOfDraft(JSON.parse(text) as AuditDraft, now);
  } catch {
    return rowOfDraft(ownDraft(now(), "audit_unreadable"), now);
  }
}
