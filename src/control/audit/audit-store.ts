import type { AuditEvent } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import type { Cursor } from "../page/page-cursor.ts";
import type { AuditScope } from "./audit-filter.ts";

export interface AuditPageRequest {
  readonly limit: number;
  readonly after: Cursor | undefined;
  /** Newest first, or oldest first. */
  readonly descending: boolean;
}

/** Reads audit events. Nobody writes them but the chain. */
export interface AuditStore {
  /** By time, then writer and sequence. Throws `invalid`/`CURSOR_INVALID`. */
  list(scope: AuditScope, page: AuditPageRequest): Promise<Page<AuditEvent>>;
  /** Undefined where there is none of this id, or it is no id at all. */
  get(id: string): Promise<AuditEvent | undefined>;
}
