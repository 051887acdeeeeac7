import type { Caller, Principal } from "../core/caller.ts";
import type { Place } from "./access/authorize-request.ts";
import type { View } from "./catalog/view.ts";

/** What a request may reach, and what its sessions are bound to. */
export interface Scope {
  readonly caller: Caller;
  readonly place: Place;
  readonly principalId: string;
  /** The project's id. */
  readonly project: string | undefined;
  /** The server's handle on a route of one server. */
  readonly server: string | undefined;
}

export function scopeOf(caller: Caller, place: Place): Scope {
  const server = place.kind === "server" ? place.host.handle : undefined;
  return { caller, place, principalId: principalIdOf(caller.principal), project: place.project?.id, server };
}

function principalIdOf({ kind, id }: Principal): string {
  return `${kind}:${id}`;
}

/** All that the caller may see there. */
export function viewOf({ caller, place }: Scope): View {
  return place.kind === "server" ? place.view : place.project.viewFor(caller);
}
