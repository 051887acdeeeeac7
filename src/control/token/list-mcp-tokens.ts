import type { Page } from "../../api/fields.ts";
import type { Clock } from "../../core/clock.ts";
import type { Actor } from "../access/actor.ts";
import { couldBeName } from "../access/could-be-name.ts";
import { viewableNames } from "../access/viewable-names.ts";
import type { PageRequest } from "../page/page.ts";
import type { TokenListing, TokenStatus } from "./mcp-token.ts";
import type { McpTokenStore } from "./mcp-token-store.ts";

export interface TokenFilter {
  /** The project's name. */
  readonly project: string | undefined;
  /** The owner's user name. */
  readonly owner: string | undefined;
  readonly name: string | undefined;
  readonly status: TokenStatus | undefined;
}

/** A page of the tokens that `actor` may view. Throws `denied`/`PERMISSION_DENIED` where they may view none at all. */
export async function listMcpTokens(
  deps: { readonly tokens: McpTokenStore; readonly clock: Clock },
  { caller }: Actor,
  filter: TokenFilter,
  page: Omit<PageRequest<"name" | "createdAt">, "names">,
): Promise<Page<TokenListing>> {
  const names = viewableNames(caller, "mcptokens");
  if (![filter.project, filter.owner, filter.name].every(couldBeName)) return { items: [], nextCursor: null };
  return deps.tokens.page({ ...page, ...filter, names, now: deps.clock.now() });
}
