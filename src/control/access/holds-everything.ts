import { type Caller, callerCovers } from "../../core/caller.ts";
import { ALL_BINDINGS } from "../../core/permission.ts";

/** Whether the caller may do all there is, as administrators and the installation itself may. */
export function holdsEverything(caller: Caller): boolean {
  return ALL_BINDINGS.every((binding) => callerCovers(caller, binding));
}
