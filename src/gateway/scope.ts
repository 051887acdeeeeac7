import type { Caller, Principal } from "../core/caller.ts";
import type { Place } from "./access/authorize-request.ts";
import type { View } from "./catalog/view.ts";

/** Where what a client opened is of use. */
export interface BoundTo {
  /** The project's id. */
  readonly project: string | undefined;
  /** The server's id on a route of one server: another one under its handle is not the one that was meant. */
  readonly server: string | undefined;
}

/** What a request may reach, and what its sessions are bound to. */
export interface Scope extends BoundTo {
  readonly caller: Caller;
  readonly place: Place;
  readonly principalId: string;
}

export function scopeOf(caller: Caller, place: Place): Scope {
  const server = place.kind === "server" ? place.host.definition.id : undefined;
  return { caller, place, principalId: principalIdOf(caller.principal), project: place.project?.id, server };
}

function principalIdOf({ kind, id }: Principal): string {
  return `${kind}:${id}`;
}

/** All that the caller may see there. */
export function viewOf({ caller, place }: Scope): View {
  return place.kind === "server" ? place.view : place.project.viewFor(caller);
}
