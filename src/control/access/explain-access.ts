import { callerOf, type Grant } from "../../api/grant.ts";
import { decideAccess, type Principal } from "../../core/caller.ts";
import { type AccessRequest, compileRights, formatBinding, type GrantedBinding } from "../../core/permission.ts";

export interface Explanation {
  readonly allowed: boolean;
  /** `User:jo`. */
  readonly subject: string;
  /** The binding that decided; null where none did. */
  readonly by: GrantedBinding | null;
  /** A sentence for people. */
  readonly reason: string;
}

/** Whether what the grant opens includes the request, by the one access decision, and why. */
export function explainAccess(grant: Grant, request: AccessRequest): Explanation {
  const subject = formatPrincipal(grant.principal);
  const verdict = decideAccess(callerOf(grant), request, projectOf(request));
  if (!verdict.allowed) {
    const reason = ownersRefusal(grant, request) ?? (verdict.hint === undefined ? verdict.message : `${verdict.message}; ${verdict.hint}`);
    return { allowed: false, subject, by: null, reason };
  }
  const { by } = verdict.decision;
  const owner = grant.principal.kind === "token" ? `, and its owner ${grant.principal.owner} may do it too` : "";
  return { allowed: true, subject, by, reason: `${describeBinding(by)} allows it${owner}` };
}

/** Where a token's own bindings would do and its owner's do not. */
function ownersRefusal({ principal, bindings, ownerBindings }: Grant, request: AccessRequest): string | undefined {
  if (principal.kind !== "token" || ownerBindings === undefined) return undefined;
  const own = compileRights(bindings).decide(request);
  if (!own.allowed || compileRights(ownerBindings).decide(request).allowed) return undefined;
  return `${describeBinding(own.by)} would allow it, but the token's owner ${principal.owner} may not do it`;
}

function describeBinding({ binding, source }: GrantedBinding): string {
  return `${formatBinding(binding)} from ${source}`;
}

/** The project that a request is about: a token reaches its own alone. */
function projectOf(request: AccessRequest): string | undefined {
  if ("action" in request || request.name === undefined) return undefined;
  if (request.resource === "projects") return request.name;
  const inProject = request.resource === "mcptokens" || request.resource === "prompts";
  return inProject && request.name.includes("/") ? request.name.slice(0, request.name.indexOf("/")) : undefined;
}

function formatPrincipal(principal: Principal): string {
  if (principal.kind === "user") return `User:${principal.name}`;
  if (principal.kind === "token") return `McpToken:${principal.sha}`;
  return principal.kind === "system" ? "system" : `${principal.kind}:${principal.name}`;
}
