import type { Grant } from "../../api/grant.ts";
import type { Principal } from "../../core/caller.ts";
import { intersectBindings } from "../../core/permission.ts";
import type { GroupStore } from "../group/group-store.ts";
import type { UserStore } from "../user/user-store.ts";

export interface WhoAmIDeps {
  readonly users: Pick<UserStore, "byId">;
  readonly groups: Pick<GroupStore, "namesOfUser">;
}

/** Who a credential is and what it may do; of a token its bindings within its owner's. */
export async function whoAmI({ users, groups }: WhoAmIDeps, grant: Grant) {
  const { principal, bindings, ownerBindings, scopes, expiresAt } = grant;
  const userId = userIdOf(principal);
  const user = userId === undefined ? undefined : await users.byId(userId);
  return {
    principal,
    roles: [...(user?.roles ?? [])],
    groups: user === undefined ? [] : [...(await groups.namesOfUser(user.id))],
    scopes,
    bindings: ownerBindings === undefined ? bindings : intersectBindings(bindings, ownerBindings),
    expiresAt: expiresAt ?? null,
  };
}

/** A token is not its owner: it has neither their roles nor their groups. */
function userIdOf(principal: Principal): string | undefined {
  if (principal.kind === "user") return principal.id;
  return principal.kind === "jwt" ? principal.userId : undefined;
}
