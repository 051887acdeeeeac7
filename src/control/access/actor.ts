import type { AuditDraft } from "../../api/audit-event.ts";
import type { Caller } from "../../core/caller.ts";

/** Who does something through mcpd, and by which request. */
export interface Actor {
  readonly caller: Caller;
  readonly traceId: string | undefined;
  /** Where the request came from. */
  readonly address: string | undefined;
}

/** What an audit event says of who did it. */
export function auditActor({
  caller: { principal },
  traceId,
  address,
}: Actor): Pick<AuditDraft, "actorKind" | "actorId" | "actorName" | "user" | "tokenName" | "tokenSha" | "traceId" | "address"> {
  const base = { actorKind: principal.kind, actorId: principal.id, traceId, address };
  if (principal.kind === "system") return { ...base, actorName: "system" };
  if (principal.kind === "user") return { ...base, actorName: principal.name, user: principal.name };
  if (principal.kind !== "token") return { ...base, actorName: principal.name };
  return { ...base, actorName: principal.name, user: principal.owner, tokenName: principal.name, tokenSha: principal.sha };
}
