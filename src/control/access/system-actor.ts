import { type Caller, SCOPES } from "../../core/caller.ts";
import { ALL_BINDINGS, compileRights } from "../../core/permission.ts";
import type { Actor } from "./actor.ts";

/** The installation itself, which may do everything: what it does by itself and what its own machine's commands ask. */
export function systemActor(traceId?: string): Actor {
  const granted = ALL_BINDINGS.map((binding) => ({ binding, source: "system" }));
  const caller: Caller = {
    principal: { kind: "system", id: "system" },
    rights: compileRights(granted),
    scopes: new Set(SCOPES),
  };
  return { caller, traceId, address: undefined };
}
