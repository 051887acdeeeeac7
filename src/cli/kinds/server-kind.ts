import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type ServerResource, serverCreateSchema } from "../../api/resources/server.ts";
import { oneLine } from "../../core/one-line.ts";
import { ageOf } from "../age.ts";
import { joined, yesNo } from "./cells.ts";
import { defineKind } from "./kind.ts";

/** So that a line of the table fits a screen. */
const MAX_REASON = 80;

export const serverKind = defineKind<ServerResource>({
  plural: "servers",
  singular: "server",
  aliases: ["srv"],
  endpoints: ENDPOINTS.servers,
  idPrefix: "srv_",
  nameKey: "handle",
  filters: { name: "handle", project: "project", backing: "backing", enabled: "enabled" },
  columns: [
    { header: "NAME", cell: ({ handle }) => handle },
    { header: "BACKING", cell: ({ backing }) => backing.kind },
    { header: "ENABLED", cell: ({ enabled }) => yesNo(enabled) },
    { header: "STATE", cell: ({ status }) => status?.state ?? "-" },
    { header: "TOOLS", cell: ({ status }) => (status?.tools == null ? "-" : String(status.tools)) },
    { header: "STALE", cell: ({ status }) => (status?.tools == null ? "-" : yesNo(status.stale)) },
    { header: "PROJECTS", cell: ({ projects }) => joined(projects) },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    // All of it stands in `describe`.
    { header: "REASON", cell: ({ status }) => oneLine(status?.reason ?? "-", MAX_REASON) },
    { header: "TARGET", wide: true, cell: ({ backing }) => targetOf(backing) },
    { header: "RATE", wide: true, cell: ({ rateLimit }) => rateOf(rateLimit) },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  // Which projects have it stands in the projects' own documents.
  spec: { schema: serverCreateSchema.omit({ projects: true }), derived: ["projects", "status", "offersWriteTools"] },
});

function rateOf(perMinute: number | null): string {
  if (perMinute === null) return "-";
  return perMinute === 0 ? "unlimited" : `${perMinute}/min`;
}

function targetOf(backing: ServerResource["backing"]): string {
  if (backing.kind === "url") return backing.url;
  if (backing.kind === "component") return `${backing.service}/${backing.component}:${backing.port}${backing.path} on ${backing.node}`;
  return backing.kind === "stdio" ? [backing.command, ...backing.args].join(" ") : backing.name;
}
