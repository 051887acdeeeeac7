import { AppError } from "../../core/app-error.ts";
import { requireAccess } from "../../core/caller.ts";
import type { Role } from "../../core/permission.ts";
import type { Actor } from "../access/actor.ts";
import { accessNameOf, type TokenListing } from "./mcp-token.ts";
import type { McpTokenStore } from "./mcp-token-store.ts";

/** What stands in a path: an id, or a name with the project in which it is one. */
export interface TokenReference {
  readonly id: string;
  readonly project: string | undefined;
}

const ID = /^tok_[0-9A-Za-z]{1,35}$/;
const NAME = /^[a-z][a-z0-9-]{1,62}$/;

/**
 * The token of a reference, if `actor` may do `verb` with it. A name is asked about before it is looked up, so that a
 * refusal does not say whether it exists.
 *
 * Throws `invalid`/`TOKEN_PROJECT_MISSING`, `denied`/`PERMISSION_DENIED`, `not_found`/`MCP_TOKEN_UNKNOWN`.
 */
export async function findMcpToken(tokens: McpTokenStore, { caller }: Actor, verb: Role, reference: TokenReference): Promise<TokenListing> {
  const { id, project } = reference;
  if (ID.test(id)) {
    const found = await tokens.byId(id);
    if (found === undefined || (project !== undefined && project !== found.project)) throw unknown(id);
    requireAccess(caller, { verb, resource: "mcptokens", name: accessNameOf(found.project, found.token.name) }, found.project);
    return found;
  }
  if (!NAME.test(id)) throw unknown(id);
  if (project === undefined) {
    throw new AppError("invalid", "TOKEN_PROJECT_MISSING", `The token ${id} is named in its project: which one?`, {
      hint: "give the project (-p PROJECT, ?project=), or the token's id",
    });
  }
  requireAccess(caller, { verb, resource: "mcptokens", name: accessNameOf(project, id) }, project);
  const found = NAME.test(project) ? await tokens.byName(project, id) : undefined;
  if (found === undefined) throw unknown(accessNameOf(project, id));
  return found;
}

function unknown(reference: string): AppError {
  return new AppError("not_found", "MCP_TOKEN_UNKNOWN", `There is no token ${reference.slice(0, 130)}`);
}
