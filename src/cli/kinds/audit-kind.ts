import type { AuditEvent } from "../../api/audit-event.ts";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type Column, defineKind } from "./kind.ts";

/** The columns of audit events, also where they are shown as they come. */
export const AUDIT_COLUMNS: readonly Column<AuditEvent>[] = [
  { header: "TIME", cell: ({ at }) => at.replace(/\.\d+Z$/, "Z") },
  { header: "KIND", cell: ({ kind }) => kind },
  { header: "OUTCOME", cell: ({ outcome }) => outcome },
  { header: "ACTOR", cell: ({ actorKind, actorName, actorId }) => `${actorKind}:${actorName || actorId || "-"}` },
  { header: "TOKEN", cell: ({ tokenName }) => tokenName ?? "-" },
  { header: "PROJECT", cell: ({ project }) => project ?? "-" },
  { header: "WHAT", cell: whatOf },
  { header: "STATUS", cell: ({ status, code }) => [status, code].filter((part) => part !== undefined).join(" ") || "-" },
  { header: "USER", wide: true, cell: ({ user }) => user ?? "-" },
  { header: "ADDRESS", wide: true, cell: ({ address }) => address ?? "-" },
  { header: "MS", wide: true, cell: ({ durationMs }) => (durationMs === undefined ? "-" : String(durationMs)) },
  { header: "TRACE", wide: true, cell: ({ traceId }) => traceId ?? "-" },
  { header: "ID", wide: true, cell: ({ id }) => id },
];

export const auditKind = defineKind<AuditEvent>({
  plural: "audit",
  singular: "audit",
  aliases: ["audits", "auditevent", "auditevents"],
  endpoints: { list: ENDPOINTS.audit.list, get: ENDPOINTS.audit.get },
  idPrefix: "",
  nameKey: "id",
  listLimit: 100,
  filters: {
    token: "tokenName",
    tokenSha: "tokenSha",
    user: "user",
    project: "project",
    server: "server",
    tool: "tool",
    status: "status",
    kind: "kind",
    outcome: "outcome",
    trace: "traceId",
    since: "since",
    until: "until",
  },
  columns: AUDIT_COLUMNS,
});

/** The most telling of what was done, and to what. */
function whatOf({ action, resource, resourceName, server, tool, method }: AuditEvent): string {
  if (tool !== undefined) return server === undefined ? tool : `${server}/${tool}`;
  if (action !== undefined) return resourceName === undefined ? action : `${action} ${resourceName}`;
  const target = resource === undefined ? server : [resource, resourceName].filter((part) => part !== undefined).join("/");
  return [method, target].filter((part) => part !== undefined).join(" ") || "-";
}
