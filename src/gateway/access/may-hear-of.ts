import { type Caller, decideAccess } from "../../core/caller.ts";

/** Whether whoever listens may hear of this server, by the rights that they were last seen with. */
export function mayHearOf(caller: Caller | undefined, handle: string): boolean {
  return caller !== undefined && decideAccess(caller, { verb: "view", resource: "servers", name: handle }).allowed;
}
