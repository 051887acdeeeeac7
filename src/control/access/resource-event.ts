import type { AuditDraft } from "../../api/audit-event.ts";
import { type Actor, auditActor } from "./actor.ts";

type What = Pick<AuditDraft, "action" | "resource" | "resourceName" | "project" | "server" | "detail">;

/** The audit event of a resource that `actor` has changed. */
export function resourceEvent(actor: Actor, at: Date, what: What): AuditDraft {
  return { ...auditActor(actor), ...what, kind: "rpc", outcome: "ok", at: at.toISOString() };
}
