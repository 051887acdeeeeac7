import type { AuditDraft } from "../../api/audit-event.ts";
import { AppError } from "../../core/app-error.ts";
import { type Caller, callerCovers, type Principal, requireAccess } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { generateToken, hashToken, tokenHead } from "../../core/mcp-token.ts";
import { ALL_BINDINGS, formatBinding, type RoleBinding } from "../../core/permission.ts";
import { type Actor, auditActor } from "../access/actor.ts";
import type { BindingsSource, UserRef } from "../access/bindings-source.ts";
import { COMMON_SCOPES } from "../access/scopes-of.ts";
import { projectUnknown } from "../project/project.ts";
import { accessNameOf, type McpToken, type TokenListing } from "./mcp-token.ts";
import type { McpTokenStore, TokenIssue } from "./mcp-token-store.ts";

export interface CreateMcpTokenDeps {
  readonly tokens: McpTokenStore;
  readonly projects: { byName(name: string): Promise<{ readonly id: string; readonly name: string } | undefined> };
  readonly users: { byId(id: string): Promise<UserRef | undefined>; firstAdmin(): Promise<UserRef | undefined> };
  readonly bindings: Pick<BindingsSource, "ofUser">;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface CreateMcpTokenInput {
  readonly name: string;
  /** The project's name. */
  readonly project: string;
  readonly description: string;
  /** `clone`: besides `roleBindings`, what the creator may do now. */
  readonly rbac: "empty" | "clone";
  readonly roleBindings: readonly RoleBinding[];
  readonly expiresAt: Date | undefined;
  /** Revoke the active token of this name first. */
  readonly force: boolean;
}

/** Ten years, in which there are at most three leap days. */
const MAX_LIFETIME_MS = (10 * 365 + 3) * 86_400_000;

/**
 * Issues a token for one project, owned by the user who calls (of the installation itself: by the first administrator).
 * The raw token is in the answer and nowhere else. Two callers may race for one name: the store decides.
 *
 * Throws `denied`: `PERMISSION_DENIED`, `TOKEN_OWNER_MISSING`, `RIGHTS_NOT_HELD` for a binding that the creator does not
 * hold; `not_found`/`PROJECT_UNKNOWN`; `conflict`/`MCP_TOKEN_NAME_TAKEN`; `invalid`/`TOKEN_EXPIRY_INVALID`.
 */
export async function createMcpToken(
  deps: CreateMcpTokenDeps,
  actor: Actor,
  input: CreateMcpTokenInput,
): Promise<{ readonly listing: TokenListing; readonly raw: string }> {
  const { caller } = actor;
  const request = { resource: "mcptokens", name: accessNameOf(input.project, input.name) } as const;
  requireAccess(caller, { verb: "create", ...request }, input.project);
  // To replace a token is to revoke one.
  if (input.force) requireAccess(caller, { verb: "delete", ...request }, input.project);
  const now = deps.clock.now();
  requireLifetime(input.expiresAt, now);
  const owner = await ownerFor(deps, caller.principal);
  const project = await deps.projects.byName(input.project);
  if (project === undefined) throw projectUnknown(input.project);
  const cloned = input.rbac === "clone" ? await bindingsToClone(deps, caller.principal, owner) : [];
  const roleBindings = distinct([...input.roleBindings, ...cloned]);
  requireCeiling(caller, roleBindings);

  const raw = generateToken();
  const token = tokenFor(deps.ids.next("tok"), raw, { input, projectId: project.id, ownerId: owner.id, now });
  const definition = roleBindings.length === 0 ? undefined : { id: deps.ids.next("rbac"), roleBindings };
  const event: TokenIssue["event"] = (replaced) => issuedEvent(actor, token, { project: project.name, roleBindings, replaced });
  await deps.tokens.issue({ token, definition, replace: input.force, event });
  return { listing: { token, project: project.name, owner: owner.username, roleBindings }, raw };
}

function requireLifetime(expiresAt: Date | undefined, now: Date): void {
  if (expiresAt === undefined) return;
  const lifetimeMs = expiresAt.getTime() - now.getTime();
  if (lifetimeMs > 0 && lifetimeMs <= MAX_LIFETIME_MS) return;
  const problem = lifetimeMs > 0 ? "lies more than 10 years ahead" : "lies in the past";
  throw new AppError("invalid", "TOKEN_EXPIRY_INVALID", `expiresAt: ${expiresAt.toISOString()} ${problem}`, {
    hint: "give a time within the next 10 years, or none for a token that does not expire",
  });
}

/** Who will own it: its rights hold within theirs for as long as it lives. */
async function ownerFor({ users }: CreateMcpTokenDeps, principal: Principal): Promise<UserRef> {
  const owner = await ownerOf(users, principal);
  if (owner !== undefined) return owner;
  throw new AppError("denied", "TOKEN_OWNER_MISSING", "Only a user may own a token, and no user stands behind this credential", {
    hint: "log in as a user and create it then",
  });
}

async function ownerOf(users: CreateMcpTokenDeps["users"], principal: Principal): Promise<UserRef | undefined> {
  switch (principal.kind) {
    case "user":
      return users.byId(principal.id);
    case "system":
      return users.firstAdmin();
    case "jwt":
      return principal.userId === undefined ? undefined : users.byId(principal.userId);
    // A token that could make tokens would outlive its own end.
    case "token":
    case "gateway":
      return undefined;
  }
}

async function bindingsToClone(deps: CreateMcpTokenDeps, principal: Principal, owner: UserRef): Promise<readonly RoleBinding[]> {
  if (principal.kind === "system") return ALL_BINDINGS;
  return (await deps.bindings.ofUser(owner)).map(({ binding }) => binding);
}

function distinct(bindings: readonly RoleBinding[]): readonly RoleBinding[] {
  return [...new Map(bindings.map((binding) => [formatBinding(binding), binding])).values()];
}

/** No token can do what its creator cannot: neither by bindings nor by the scopes that every token carries. */
function requireCeiling(caller: Caller, roleBindings: readonly RoleBinding[]): void {
  const exceeding = roleBindings.find((binding) => !callerCovers(caller, binding));
  const what = exceeding === undefined ? scopeBeyond(caller) : formatBinding(exceeding);
  if (what === undefined) return;
  throw new AppError("denied", "RIGHTS_NOT_HELD", `You cannot give a token ${what}: you do not hold it yourself`, {
    hint: "leave it out, or ask somebody who holds it",
  });
}

/** A JWT may carry fewer scopes than its user's rights would give. */
function scopeBeyond({ principal, scopes }: Caller): string | undefined {
  return principal.kind === "jwt" ? COMMON_SCOPES.find((scope) => !scopes.has(scope)) : undefined;
}

interface TokenMaking {
  readonly input: CreateMcpTokenInput;
  readonly projectId: string;
  readonly ownerId: string;
  readonly now: Date;
}

function tokenFor(id: string, raw: string, { input, projectId, ownerId, now }: TokenMaking): McpToken {
  const { name, description, expiresAt } = input;
  const kept = { head: tokenHead(raw), sha256: hashToken(raw) };
  return { id, name, projectId, ownerId, description, ...kept, createdAt: now, expiresAt, revokedAt: undefined, lastUsedAt: undefined };
}

interface IssuedDetail {
  readonly project: string;
  readonly roleBindings: readonly RoleBinding[];
  readonly replaced: { readonly id: string; readonly sha256: string } | undefined;
}

/** It can be found by the new token's name and SHA-256, as all that the token does later. */
function issuedEvent(actor: Actor, token: McpToken, { project, roleBindings, replaced }: IssuedDetail): AuditDraft {
  return {
    ...auditActor(actor),
    kind: "token_issued",
    outcome: "ok",
    at: token.createdAt.toISOString(),
    action: "mcptoken.create",
    resource: "mcptokens",
    resourceName: accessNameOf(project, token.name),
    project,
    tokenName: token.name,
    tokenSha: token.sha256,
    detail: {
      id: token.id,
      name: token.name,
      project,
      roleBindings: roleBindings.map(formatBinding),
      expiresAt: token.expiresAt?.toISOString() ?? null,
      ...(replaced === undefined ? {} : { revoked: { id: replaced.id, sha: replaced.sha256 } }),
    },
  };
}
