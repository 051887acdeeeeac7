import type { AuditDraft } from "../../api/audit-event.ts";
import { AppError } from "../../core/app-error.ts";
import type { AuditSink } from "../change/change-log.ts";

/** What gateways tell of what they have done. */
export interface AuditIntake {
  /**
   * Records a batch; one that came before, by its id, is passed over. Who did it is kept as the gateway says, and
   * `detail.gateway` says which gateway that was.
   *
   * Throws `invalid`/`AUDIT_KIND_FOREIGN`, with nothing recorded, for an event of a kind that mcpd alone records.
   */
  take(gateway: { readonly id: string; readonly name: string }, batchId: string, drafts: readonly AuditDraft[]): void;
}

/** Batches that each gateway may send again, and gateways that are remembered. */
const MAX_BATCHES = 256;
const MAX_GATEWAYS = 1000;

/** Changes of resources, which a gateway never makes. */
const FOREIGN: ReadonlySet<AuditDraft["kind"]> = new Set(["rpc", "token_issued", "token_revoked"]);

export function auditIntake(sink: AuditSink): AuditIntake {
  const recent = new Map<string, Set<string>>();
  const isNew = (gatewayId: string, batchId: string): boolean => {
    const batches = recent.get(gatewayId) ?? new Set<string>();
    if (batches.has(batchId)) return false;
    keepLast(batches.add(batchId), MAX_BATCHES);
    recent.delete(gatewayId);
    keepLast(recent.set(gatewayId, batches), MAX_GATEWAYS);
    return true;
  };
  return {
    take({ id, name }, batchId, drafts) {
      const foreign = drafts.find(({ kind }) => FOREIGN.has(kind));
      if (foreign !== undefined) {
        throw new AppError("invalid", "AUDIT_KIND_FOREIGN", `A gateway does not record events of kind ${foreign.kind}`);
      }
      if (!isNew(id, batchId)) return;
      for (const draft of drafts) sink.record({ ...draft, detail: { ...draft.detail, gateway: name } });
    },
  };
}

/** Forgets the oldest where there are more than `max`. */
function keepLast<K>(kept: Set<K> | Map<K, unknown>, max: number): void {
  const [oldest] = kept.keys();
  if (kept.size > max && oldest !== undefined) kept.delete(oldest);
}
