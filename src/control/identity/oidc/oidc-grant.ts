import { hash } from "node:crypto";
import type { JWTPayload } from "jose";
import { z } from "zod";
import { emailSchema } from "../../../api/fields.ts";
import type { Grant } from "../../../api/grant.ts";
import type { Scope } from "../../../core/caller.ts";
import { oneLine } from "../../../core/one-line.ts";
import type { GrantedBinding } from "../../../core/permission.ts";
import type { BindingsSource } from "../../access/bindings-source.ts";
import { COMMON_SCOPES } from "../../access/scopes-of.ts";
import type { Account } from "../account.ts";
import type { AccountStore } from "../account-store.ts";
import { parseScopes, scopesWithin } from "../user-grant.ts";
import { bindingsOfScopes, parseServerCap } from "./claimed-rights.ts";
import type { OidcIssuer } from "./oidc-issuer.ts";

export interface OidcGrantDeps {
  readonly accounts: AccountStore;
  readonly bindings: BindingsSource;
  /** Whether a JWT that maps to nobody here opens what its scopes and allow_servers say. */
  readonly jwtMode: boolean;
}

const MAX_GROUPS = 200;

const claimsSchema = z.object({ sub: z.string().min(1), exp: z.number() });
const groupsSchema = z.array(z.string());

/**
 * What the claims of a verified JWT of another issuer open: what the user of its verified email may do, else what its
 * groups may, else, in JWT mode, what its scopes say. Undefined: nothing.
 */
export async function oidcGrant(deps: OidcGrantDeps, issuer: OidcIssuer, payload: JWTPayload): Promise<Grant | undefined> {
  const claims = claimsSchema.safeParse(payload);
  const cap = parseServerCap(payload.allow_servers);
  if (!claims.success || cap === "unreadable") return undefined;
  const allowServers = cap === "none" ? undefined : cap;
  const mapped = await mapToBindings(deps, issuer, payload, allowServers);
  if (mapped === undefined) return undefined;
  const { account, bindings, scopes } = mapped;
  const email = verifiedEmail(issuer, payload);
  return {
    principal: {
      kind: "jwt",
      id: `ext_${hash("sha256", `${issuer.issuer}\n${claims.data.sub}`, "hex").slice(0, 32)}`,
      name: account?.username ?? oneLine(email ?? claims.data.sub, 189),
      ...(account === undefined ? {} : { userId: account.id }),
    },
    bindings: [...bindings],
    scopes: [...scopes],
    ...(allowServers === undefined ? {} : { allowServers: [...allowServers] }),
    expiresAt: new Date(claims.data.exp * 1000).toISOString(),
  };
}

interface Mapped {
  readonly account?: Account;
  readonly bindings: readonly GrantedBinding[];
  readonly scopes: readonly Scope[];
}

async function mapToBindings(
  deps: OidcGrantDeps,
  issuer: OidcIssuer,
  payload: JWTPayload,
  allowServers: readonly string[] | undefined,
): Promise<Mapped | undefined> {
  const email = verifiedEmail(issuer, payload);
  const account = email === undefined ? undefined : await deps.accounts.byEmail(email);
  if (account?.disabled === true) return undefined;
  if (account !== undefined) return within(issuer, payload, await deps.bindings.ofUser(account), account);
  const groups = groupsOf(issuer, payload);
  const ofGroups = groups.length === 0 ? [] : await deps.bindings.ofGroups(groups);
  if (ofGroups.length > 0) return within(issuer, payload, ofGroups);
  if (!deps.jwtMode) return undefined;
  const scopes = parseScopes(payload[issuer.scopesClaim ?? "scope"]);
  return { bindings: bindingsOfScopes(scopes, allowServers), scopes };
}

function within({ scopesClaim }: OidcIssuer, payload: JWTPayload, bindings: readonly GrantedBinding[], account?: Account): Mapped {
  const claimed = scopesClaim === undefined ? COMMON_SCOPES : parseScopes(payload[scopesClaim]);
  return { bindings, scopes: scopesWithin(claimed, bindings), ...(account === undefined ? {} : { account }) };
}

/** In ASCII only: what other alphabets take for the same letter is another address. */
function verifiedEmail({ emailClaim }: OidcIssuer, payload: JWTPayload): string | undefined {
  return payload.email_verified === true ? emailSchema.safeParse(payload[emailClaim]).data : undefined;
}

function groupsOf({ groupsClaim }: OidcIssuer, payload: JWTPayload): readonly string[] {
  const groups = groupsClaim === undefined ? undefined : groupsSchema.safeParse(payload[groupsClaim]).data;
  return groups?.slice(0, MAX_GROUPS) ?? [];
}
