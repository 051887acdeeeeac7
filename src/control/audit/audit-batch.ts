/** Events that are written together. A batch that failed is given again as the same object. */
export interface AuditBatch {
  /** Each the JSON text of an `AuditDraft`. */
  readonly texts: readonly string[];
  /** So many events before these were dropped; 0 for none. */
  readonly dropped: number;
}

/** Writes one batch at a time; durable when it resolves. One that was committed although its try failed is not written twice. */
export type WriteBatch = (batch: AuditBatch) => Promise<void>;
