import { type ExpressionBuilder, type ExpressionWrapper, type SqlBool, sql } from "kysely";
import type { AuditEvent } from "../../api/audit-event.ts";
import type { AuditFilter } from "../../api/endpoints/audit-endpoints.ts";
import type { AllowedNames } from "../../core/permission.ts";
import type { AuditEventTable, Schema } from "../../store/schema.ts";

/** Which events are asked for, and of which projects the caller may see any. */
export interface AuditScope {
  readonly filter: AuditFilter;
  readonly projects: AllowedNames;
}

const COLUMNS = {
  kind: "kind",
  outcome: "outcome",
  tokenName: "token_name",
  tokenSha: "token_sha",
  user: "user_name",
  project: "project",
  server: "server",
  tool: "tool",
  status: "status",
  traceId: "trace_id",
} as const satisfies Partial<Record<keyof AuditFilter & keyof AuditEvent, keyof AuditEventTable>>;

type ExactField = keyof typeof COLUMNS;
const EXACT = Object.keys(COLUMNS) as readonly ExactField[];

/** The scope as conditions on `audit_events`. Its projects are all, or at least one. */
export function scopeConditions(eb: ExpressionBuilder<Schema, "audit_events">, { filter, projects }: AuditScope) {
  const conditions: ExpressionWrapper<Schema, "audit_events", SqlBool>[] = [];
  for (const field of EXACT) {
    const wanted = filter[field];
    if (wanted !== undefined) conditions.push(canBeStored(wanted) ? eb(COLUMNS[field], "=", wanted) : eb(sql.lit(1), "=", 0));
  }
  if (filter.since !== undefined) conditions.push(eb("at", ">=", instantOf(filter.since)));
  if (filter.until !== undefined) conditions.push(eb("at", "<", instantOf(filter.until)));
  if (projects !== "all") conditions.push(eb("project", "in", [...projects]));
  return eb.and(conditions);
}

/** Whether an event is in the scope: the same as `scopeConditions`. */
export function inScope({ filter, projects }: AuditScope, event: AuditEvent): boolean {
  if (projects !== "all" && (event.project === undefined || !projects.has(event.project))) return false;
  if (filter.since !== undefined && event.at < instantOf(filter.since)) return false;
  if (filter.until !== undefined && event.at >= instantOf(filter.until)) return false;
  return EXACT.every((field) => filter[field] === undefined || filter[field] === event[field]);
}

/** Postgres fails on what no column can hold, where the others find nothing. */
export function canBeStored(value: string | number): boolean {
  return typeof value === "number" ? Math.abs(value) < 2 ** 31 : !value.includes("\0");
}

/** As events have it: with milliseconds, since instants are compared as text. */
export function instantOf(text: string): string {
  return new Date(text).toISOString();
}
