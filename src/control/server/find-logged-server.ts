import { AppError } from "../../core/app-error.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Actor } from "../access/actor.ts";
import { findServer } from "./find-server.ts";
import type { ServerDetails } from "./server.ts";
import type { ServerStore } from "./server-store.ts";

/** A server whose log the actor may read. Throws `not_found`/`SERVER_UNKNOWN`, `denied`, `precondition`/`SERVER_WITHOUT_PROCESS`. */
export async function findLoggedServer(servers: ServerStore, actor: Actor, reference: string): Promise<ServerDetails> {
  const server = await findServer(servers, actor, "view", reference);
  requireAccess(actor.caller, { action: "logs" });
  if (server.backing.kind === "stdio") return server;
  const { backing } = server;
  if (backing.kind === "component") {
    const name = `${backing.service}/${backing.component}`;
    const message = `Server ${server.handle} is the component ${name} on the node ${backing.node}: its agent has what it writes`;
    throw new AppError("precondition", "SERVER_WITHOUT_PROCESS", message, { hint: `mcpctl logs ${name}` });
  }
  const what = backing.kind === "url" ? "is at a URL" : "is built in";
  throw new AppError("precondition", "SERVER_WITHOUT_PROCESS", `Server ${server.handle} ${what}: there is no process of its own to log`);
}

export function notRunHere({ handle, enabled }: ServerDetails): AppError {
  const message = `No process of server ${handle} runs beside this mcpd${enabled ? "" : ": it is switched off"}`;
  const hint = enabled ? "an enrolled gateway runs its own processes; ask on its machine" : `turn it on: mcpctl edit server ${handle}`;
  return new AppError("precondition", "SERVER_NOT_RUN_HERE", message, { hint });
}
