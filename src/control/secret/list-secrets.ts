import type { Page } from "../../api/fields.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { PageRequest } from "../page/page.ts";
import type { SecretDetails } from "./secret.ts";
import type { SecretStore } from "./secret-store.ts";

/** The secrets that `actor` may view. Throws `denied` where that can be none. */
export async function listSecrets(
  secrets: SecretStore,
  actor: Actor,
  filter: { readonly name?: string | undefined },
  request: Omit<PageRequest<"name" | "createdAt">, "names">,
): Promise<Page<SecretDetails>> {
  const names = viewableNames(actor.caller, "secrets");
  if (!couldBeName(filter.name)) return { items: [], nextCursor: null };
  return secrets.page(filter, { ...request, names });
}
