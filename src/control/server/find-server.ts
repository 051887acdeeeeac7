import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { findPermitted } from "../access/find-permitted.ts";
import { type ServerDetails, serverUnknown } from "./server.ts";
import type { ServerStore } from "./server-store.ts";

/** The server of an id or a handle, if `actor` may do `verb` with it. Throws `not_found`/`SERVER_UNKNOWN`, `denied`. */
export function findServer(servers: ServerStore, actor: Actor, verb: Role, reference: string): Promise<ServerDetails> {
  const { byId, byHandle: byName } = servers;
  const nameOf = ({ handle }: ServerDetails) => handle;
  return findPermitted({ resource: "servers", prefix: "srv", byId, byName, nameOf, unknown: serverUnknown }, actor, verb, reference);
}
