import { alignTable } from "./align-table.ts";
import type { ServerRow } from "./ports.ts";

const HEADER = ["SERVER", "BACKING", "ENABLED", "STATE", "TOOLS", "PROJECTS"];

/** The table of `emcp:list-servers`. The column REASON is there when a server has one. */
export function renderServers(rows: readonly ServerRow[]): string {
  const withReason = rows.some((row) => row.reason !== undefined);
  const lines = rows.map((row) => [
    row.handle,
    row.backing,
    row.enabled ? "yes" : "no",
    row.state,
    toolCount(row),
    row.projects.length === 0 ? "-" : row.projects.join(","),
    ...(withReason ? [row.reason ?? "-"] : []),
  ]);
  return alignTable([withReason ? [...HEADER, "REASON"] : HEADER, ...lines]);
}

function toolCount(row: ServerRow): string {
  if (row.tools === null) return "-";
  return row.stale ? `${row.tools} (last known)` : String(row.tools);
}
