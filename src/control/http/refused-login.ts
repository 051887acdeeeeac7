import type { AuditDraft } from "../../api/audit-event.ts";
import type { AppError } from "../../core/app-error.ts";
import { oneLine } from "../../core/one-line.ts";
import type { AuditSink } from "../change/change-log.ts";
import { wireError } from "./wire-error.ts";

export interface RefusedLogin {
  readonly refusal: AppError;
  /** As it was typed. */
  readonly username: string;
  readonly method: string;
  readonly traceId: string;
  readonly address: string | undefined;
  readonly at: Date;
}

/**
 * Answers a log-in that was refused, and records whose name was tried. It is answered here and not thrown, so that the
 * audit log has one event of it, with that name.
 */
export function refuseLogin(audit: AuditSink, { refusal, username, method, traceId, address, at }: RefusedLogin): Response {
  const { status, body } = wireError(refusal, traceId);
  const draft: AuditDraft = {
    kind: "gate_decision",
    outcome: "refused",
    at: at.toISOString(),
    actorKind: "none",
    actorId: "",
    actorName: "",
    user: oneLine(username, 63),
    method,
    action: "session.create",
    status,
    code: body.error.code,
    traceId,
    address,
    detail: { reason: refusal.reason },
  };
  audit.record(draft);
  const headers = new Headers({ "cache-control": "no-store" });
  if (status === 401) headers.set("www-authenticate", 'Bearer realm="mcpd"');
  if (status === 429) headers.set("retry-after", String(refusal.retryAfterSeconds ?? 1));
  return Response.json(body, { status, headers });
}
