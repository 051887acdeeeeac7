import { emailSchema, usernameSchema } from "../../api/fields.ts";
import { decideAccess, requireAccess } from "../../core/caller.ts";
import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { type User, userUnknown } from "./user.ts";
import type { UserStore } from "./user-store.ts";

const ID = /^usr_[0-9A-Za-z]{1,35}$/;

type Lookup = Pick<UserStore, "byId" | "byUsername" | "byEmail">;

/**
 * The user of an id, a user name or an email, if `actor` may do `verb` with them. A refusal does not say whether there
 * is one of that name or email.
 *
 * Throws `not_found`/`USER_UNKNOWN`, `denied`/`PERMISSION_DENIED`.
 */
export async function findUser(users: Lookup, actor: Actor, verb: Role, reference: string): Promise<User> {
  if (reference.includes("@")) return findByEmail(users, actor, verb, reference);
  // A user name may look like an id, so the id is tried first and the name then.
  const byId = ID.test(reference) ? await users.byId(reference) : undefined;
  if (byId === undefined && !usernameSchema.safeParse(reference).success) throw userUnknown(reference);
  requireAccess(actor.caller, { verb, resource: "users", name: byId?.username ?? reference });
  const user = byId ?? (await users.byUsername(reference));
  if (user === undefined) throw userUnknown(reference);
  return user;
}

async function findByEmail(users: Lookup, { caller }: Actor, verb: Role, reference: string): Promise<User> {
  const email = emailSchema.safeParse(reference);
  const user = email.success ? await users.byEmail(email.data) : undefined;
  if (user !== undefined && decideAccess(caller, { verb, resource: "users", name: user.username }).allowed) return user;
  // Rights are given on user names: whoever may not ask about any user learns nothing about this one.
  requireAccess(caller, { verb, resource: "users" });
  throw userUnknown(reference);
}

/** The user whom a subject or a member names: by user name, or by email where it holds an `@`. No access is asked. */
export async function userByName(users: Lookup, name: string): Promise<User | undefined> {
  return name.includes("@") ? users.byEmail(name.toLowerCase()) : users.byUsername(name);
}
