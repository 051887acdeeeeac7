import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import type { McpTokenResource } from "../../api/resources/mcp-token.ts";
import { type CreateMcpTokenDeps, createMcpToken } from "../token/create-mcp-token.ts";
import { deleteMcpToken, revokeMcpToken } from "../token/end-mcp-token.ts";
import { findMcpToken } from "../token/find-mcp-token.ts";
import { type IntrospectDeps, introspectMcpToken } from "../token/introspect-mcp-token.ts";
import { listMcpTokens } from "../token/list-mcp-tokens.ts";
import { statusOf, type TokenListing } from "../token/mcp-token.ts";
import { listRequest } from "./list-request.ts";
import { openRoute, ReplyWith, type Route, route } from "./route.ts";

export interface McpTokenRoutesDeps extends CreateMcpTokenDeps {
  readonly introspection: IntrospectDeps;
}

export function mcpTokenRoutes(deps: McpTokenRoutesDeps): Route[] {
  const { mcptokens } = ENDPOINTS;
  const shown = (listing: TokenListing) => resourceOf(listing, deps.clock.now());
  return [
    // Before the path with an id, which would take its name for one.
    openRoute(mcptokens.introspect, async ({ bearer, address }) => {
      const found = await introspectMcpToken(deps.introspection, bearer, address);
      return { ...found, roleBindings: [...found.roleBindings] };
    }),
    route(mcptokens.list, async ({ actor, query }) => {
      const { project, owner, status, name } = query;
      const { items, nextCursor } = await listMcpTokens(deps, actor, { project, owner, status, name }, listRequest(query));
      return { items: items.map(shown), nextCursor };
    }),
    route(mcptokens.create, async ({ actor, body }) => {
      const expiresAt = body.expiresAt === null ? undefined : new Date(body.expiresAt);
      const { listing, raw } = await createMcpToken(deps, actor, { ...body, expiresAt });
      return new ReplyWith({ ...shown(listing), token: raw }, { location: `/api/v1/mcptokens/${listing.token.id}` });
    }),
    route(mcptokens.get, async ({ actor, params, query }) =>
      shown(await findMcpToken(deps.tokens, actor, "view", { id: params.id, project: query.project })),
    ),
    route(mcptokens.revoke, async ({ actor, params, query }) =>
      shown(await revokeMcpToken(deps, actor, { id: params.id, project: query.project })),
    ),
    route(mcptokens.delete, async ({ actor, params, query }) => {
      await deleteMcpToken(deps, actor, { id: params.id, project: query.project });
      return undefined;
    }),
  ];
}

function resourceOf({ token, project, owner, roleBindings }: TokenListing, now: Date): McpTokenResource {
  const { id, name, description, head, sha256, createdAt, expiresAt, revokedAt, lastUsedAt } = token;
  return {
    id,
    name,
    project,
    description,
    owner,
    prefix: head,
    sha: sha256,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    status: statusOf(token, now),
    roleBindings: [...roleBindings],
  };
}
