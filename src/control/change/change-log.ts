import type { Transaction } from "kysely";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { FeedEvent, FeedKind } from "../../api/feed-event.ts";
import type { Schema } from "../../store/schema.ts";

/** A change of a resource: its audit event, and what others must read anew. */
export interface Change {
  readonly event: AuditDraft;
  readonly touched: readonly { readonly kind: FeedKind; readonly ref: string }[];
}

/** What every store that changes resources writes through. */
export interface ChangeLog {
  /**
   * Runs `write` and records the change in one transaction: the rows, the audit event and the feed's revision are all
   * there when it resolves, or none of them is. `write` gives what to record, since only it knows what it has done;
   * undefined where nothing changed: then nothing is recorded. It may run again where the database asks for that
   * (a deadlock), so it does nothing but SQL.
   */
  commit<T>(write: (tx: Transaction<Schema>) => Promise<{ readonly result: T; readonly change: Change | undefined }>): Promise<T>;
}

/** Changes as they are committed, of this process and of others on the same database. */
export interface ChangeFeed {
  /** The revision of the last change that is committed. */
  revision(): Promise<number>;
  /** Calls `listener` for every change after this call, in order. A gap in the revisions says that some were missed. */
  subscribe(listener: (event: FeedEvent) => void): () => void;
}

/** Events that are no change of a resource: kept in batches. */
export interface AuditSink {
  /** Never throws and never waits. */
  record(draft: AuditDraft): void;
}
