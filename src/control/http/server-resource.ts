import type { ServerResource } from "../../api/resources/server.ts";
import type { Backing } from "../../api/server-definition.ts";
import { type Caller, decideAccess, mayShow } from "../../core/caller.ts";
import type { ServerDetails } from "../server/server.ts";

/** What the gateway beside this mcpd says of a server; null where there is none, or where it does not know it. */
export type StatusOf = (handle: string) => ServerResource["status"];

/** What REST says of servers that is not kept with them. */
export interface ServersNow {
  readonly statusOf: StatusOf;
  /** The installation offers what servers declare to write, whatever each of them says. */
  readonly writeTools: boolean;
}

/** Stands where a value is not shown. */
const HIDDEN = "***";

/**
 * A server as REST shows it to `caller`: values of variables and headers only to those who may change them, and of its
 * projects those that the caller may view. Of secrets there are only the names.
 */
export function serverResource(server: ServerDetails, caller: Caller, now: ServersNow): ServerResource {
  const { id, handle, description, enabled, rateLimit, writeTools, policy, version } = server;
  const mayEdit = decideAccess(caller, { verb: "edit", resource: "servers", name: handle }).allowed;
  return {
    id,
    handle,
    description,
    backing: mayEdit ? server.backing : withoutValues(server.backing),
    enabled,
    rateLimit,
    writeTools,
    offersWriteTools: writeTools || now.writeTools,
    policy,
    projects: server.projects.filter(mayShow(caller, "projects")),
    status: now.statusOf(handle),
    version,
    createdAt: server.createdAt.toISOString(),
    updatedAt: server.updatedAt.toISOString(),
  };
}

function withoutValues(backing: Backing): Backing {
  if (backing.kind === "stdio") return { ...backing, env: hidden(backing.env) };
  if (backing.kind === "url" && backing.headers !== undefined) return { ...backing, headers: hidden(backing.headers) };
  return backing;
}

function hidden(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(record).map((name) => [name, HIDDEN]));
}
