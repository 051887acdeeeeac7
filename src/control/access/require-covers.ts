import { AppError } from "../../core/app-error.ts";
import { type Caller, callerCovers, describeCaller } from "../../core/caller.ts";
import { formatBinding, type RoleBinding } from "../../core/permission.ts";

/**
 * Nobody hands out what they do not hold. Throws `denied`/`RIGHTS_NOT_HELD`, naming the first binding that the caller
 * lacks; `deed` ends the sentence: `give this to dev`.
 */
export function requireCovers(caller: Caller, bindings: Iterable<RoleBinding>, deed: string): void {
  for (const binding of bindings) {
    if (callerCovers(caller, binding)) continue;
    const lacking = formatBinding(binding);
    throw new AppError("denied", "RIGHTS_NOT_HELD", `${describeCaller(caller.principal)} may not ${deed}: it takes ${lacking}`, {
      hint: "nobody hands out rights they do not hold; ask somebody who holds them",
    });
  }
}
