import { type Kysely, sql } from "kysely";
import type { Page } from "../../api/fields.ts";
import type { Schema } from "../../store/schema.ts";
import { parseStoredBindings } from "../access/stored-bindings.ts";
import { cutPage } from "../page/page.ts";
import { pageQuery } from "../page/sql-page.ts";
import type { TokenListing } from "./mcp-token.ts";
import { tokenOf } from "./mcp-token-row.ts";
import type { TokenPageRequest } from "./mcp-token-store.ts";

/** Tokens with what people see of them, but for their bindings. */
export function listed(db: Kysely<Schema>) {
  return db
    .selectFrom("mcp_tokens")
    .innerJoin("projects", "projects.id", "mcp_tokens.project_id")
    .innerJoin("users", "users.id", "mcp_tokens.owner_id")
    .selectAll("mcp_tokens")
    .select(["projects.name as project", "users.username as owner"]);
}

type Listed = ReturnType<typeof listed>;

/** What the query finds, each with the bindings of its definition. */
export async function listings(db: Kysely<Schema>, query: Listed): Promise<TokenListing[]> {
  const rows = await query.execute();
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const definitions = await db.selectFrom("rbac_definitions").select(["token_id", "role_bindings"]).where("token_id", "in", ids).execute();
  const bindings = new Map(definitions.map((row) => [row.token_id, parseStoredBindings(row.role_bindings)]));
  return rows.map((row) => ({ token: tokenOf(row), project: row.project, owner: row.owner, roleBindings: bindings.get(row.id) ?? [] }));
}

/** See `McpTokenStore.page`. */
export async function pageOfTokens(db: Kysely<Schema>, request: TokenPageRequest): Promise<Page<TokenListing>> {
  const { project, owner, name, names, sort } = request;
  let query = ofStatus(listed(db), request);
  if (project !== undefined) query = query.where("projects.name", "=", project);
  if (owner !== undefined) query = query.where("users.username", "=", owner);
  if (name !== undefined) query = query.where("mcp_tokens.name", "=", name);
  if (names !== undefined) query = withinNames(query, names);
  const columns = { sort: sort.field === "name" ? "mcp_tokens.name" : "mcp_tokens.created_at", id: "mcp_tokens.id" };
  const found = await listings(db, pageQuery(query, { ...request, names: undefined }, columns));
  const sortValue = ({ token }: TokenListing) => (sort.field === "name" ? token.name : token.createdAt.toISOString());
  return cutPage(found, request.limit, (item) => ({ value: sortValue(item), id: item.token.id }));
}

function ofStatus(query: Listed, { status, now }: TokenPageRequest): Listed {
  const at = now.toISOString();
  switch (status) {
    case undefined:
      return query;
    case "revoked":
      return query.where("mcp_tokens.revoked_at", "is not", null);
    case "expired":
      return query.where("mcp_tokens.revoked_at", "is", null).where("mcp_tokens.expires_at", "<=", at);
    case "active":
      return query
        .where("mcp_tokens.revoked_at", "is", null)
        .where((eb) => eb.or([eb("mcp_tokens.expires_at", "is", null), eb("mcp_tokens.expires_at", ">", at)]));
  }
}

/** Names that no token can have match none. */
function withinNames(query: Listed, names: ReadonlySet<string>): Listed {
  const whole = [...names].filter((name) => name.endsWith("/*")).map((name) => name.slice(0, -2));
  const single = [...names].filter((name) => name.includes("/") && !name.endsWith("/*"));
  return query.where((eb) =>
    eb.or([
      ...(whole.length === 0 ? [] : [eb("projects.name", "in", whole)]),
      ...(single.length === 0 ? [] : [eb(sql<string>`concat(projects.name, '/', mcp_tokens.name)`, "in", single)]),
      ...(whole.length + single.length === 0 ? [sql<boolean>`1 = 0`] : []),
    ]),
  );
}
