import type { Page } from "../../api/fields.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { PageRequest } from "../page/page.ts";
import type { User } from "./user.ts";
import type { UserFilter, UserStore } from "./user-store.ts";

/** The users that `actor` may view. Throws `denied` where that can be none. */
export async function listUsers(
  users: Pick<UserStore, "page">,
  actor: Actor,
  filter: UserFilter,
  request: Omit<PageRequest<"username" | "createdAt">, "names">,
): Promise<Page<User>> {
  const names = viewableNames(actor.caller, "users");
  if (!couldBeName(filter.username)) return { items: [], nextCursor: null };
  return users.page(filter, { ...request, names });
}
