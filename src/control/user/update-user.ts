import type { z } from "zod";
import type { UserRole, userPatchSchema } from "../../api/resources/user.ts";
import { AppError } from "../../core/app-error.ts";
import type { Principal } from "../../core/caller.ts";
import type { GrantedBinding } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { changedMeanwhile } from "../access/changed-meanwhile.ts";
import { requireCovers } from "../access/require-covers.ts";
import { requireVersion } from "../access/require-version.ts";
import { resourceEvent } from "../access/resource-event.ts";
import { bindingsOfRoles } from "../access/role-bindings.ts";
import type { UserDeps } from "./create-user.ts";
import { findUser } from "./find-user.ts";
import type { User } from "./user.ts";
import type { UserChange } from "./user-store.ts";

export type UserPatch = z.infer<typeof userPatchSchema>;

/**
 * Changes a user; a patch that changes nothing leaves no trace.
 *
 * Whoever sets a password or an email, or opens a disabled account, could act as that user from then on, so they hold
 * all that the user does; a role is given by those who hold what it gives.
 *
 * Throws `denied`, `not_found`/`USER_UNKNOWN`, `precondition`/`VERSION_STALE`, `conflict`/`LAST_ADMIN`,
 * `USER_EMAIL_TAKEN` or `CHANGED_MEANWHILE`.
 */
export async function updateUser(deps: UserDeps, actor: Actor, reference: string, patch: UserPatch, ifMatch?: number): Promise<User> {
  const seen = await findUser(deps.users, actor, "edit", reference);
  requireVersion(seen.version, ifMatch);
  const changes = changesOf(seen, patch);
  requireNotOwnPassword(actor, seen, patch);
  await requireHeld(deps, actor, seen, changes, patch.password !== undefined);
  const passwordHash = patch.password === undefined ? undefined : await deps.hashPassword(patch.password);
  if (passwordHash === undefined && Object.keys(changes).length === 0) return seen;
  return deps.users.change(seen.id, (current) => {
    // What was checked above holds for the user who was seen.
    if (current.version !== seen.version) throw changedMeanwhile(`The user ${seen.username}`);
    return { ...changes, passwordHash, event: eventOf(deps, actor, seen, changes, passwordHash !== undefined) };
  });
}

type Changes = Pick<UserChange, "email" | "roles" | "disabled">;

function changesOf(current: User, { email, roles, disabled }: UserPatch): Changes {
  const wanted = roles === undefined ? undefined : [...new Set(roles)];
  return {
    ...(email === undefined || email === (current.email ?? null) ? {} : { email }),
    ...(wanted === undefined || new Set(wanted).symmetricDifference(new Set(current.roles)).size === 0 ? {} : { roles: wanted }),
    ...(disabled === undefined || disabled === current.disabled ? {} : { disabled }),
  };
}

/** A session alone, perhaps a stolen one, is not to take the account over. */
function requireNotOwnPassword({ caller: { principal } }: Actor, user: User, { password }: UserPatch): void {
  if (password === undefined || userIdOf(principal) !== user.id) return;
  throw new AppError("denied", "PASSWORD_OWN", "Your own password is changed with the old one", {
    hint: "use POST /api/v1/auth/password",
  });
}

function userIdOf(principal: Principal): string | undefined {
  if (principal.kind === "user") return principal.id;
  if (principal.kind === "token") return principal.ownerId;
  return principal.kind === "jwt" ? principal.userId : undefined;
}

async function requireHeld(deps: UserDeps, { caller }: Actor, seen: User, changes: Changes, setsPassword: boolean): Promise<void> {
  const held: GrantedBinding[] = [...bindingsOfRoles(addedRoles(seen.roles, changes.roles ?? seen.roles))];
  const opens = changes.disabled === false;
  if (setsPassword || changes.email !== undefined || opens) held.push(...(await deps.bindings.ofUser(seen)));
  if (changes.email !== undefined) held.push(...(await deps.bindings.ofUser({ ...seen, email: changes.email ?? undefined })));
  requireCovers(
    caller,
    held.map(({ binding }) => binding),
    `change ${seen.username} so`,
  );
}

function addedRoles(before: readonly UserRole[], after: readonly UserRole[]): readonly UserRole[] {
  return after.filter((role) => !before.includes(role));
}

function eventOf({ clock }: UserDeps, actor: Actor, { username }: User, changes: Changes, setsPassword: boolean) {
  const detail = { ...changes, changed: [...Object.keys(changes), ...(setsPassword ? ["password"] : [])] };
  return resourceEvent(actor, clock.now(), { action: "user.update", resource: "users", resourceName: username, detail });
}
